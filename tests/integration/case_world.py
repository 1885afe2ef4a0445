"""Builds the state files that cases are run on: a service and its metrics, minute by minute from minute 0.

A case is JSON. Minutes count from `epoch` (2026-03-02T10:00:00Z unless the case says otherwise).
  at            the minute of the decision (a number; fractions are fine)
  service       fields of the service; the defaults below stand for the rest:
                desired, running, pending, created, deployed, deployments (a list), woken (minute of the wake
                mark), started (minutes of "has started" events), tags, tags_denied, status, strategy
  metrics       metric name -> list of [first minute, minute behind the last, value]; the value "@" is the minute's
                own instant as epoch seconds, "@N" the instant of minute N, "@@" that in milliseconds;
                {"rows": [...], "status": "PartialData", "step": 5, "label": "x/y"} where more is to be said
  edit          changes of the finished state file, for what no honest service says: {"path": [key, index...],
                "to": value}, or without "to" to take away what stands there; one past a list's end adds to it
"""
import datetime
import json

EPOCH = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=datetime.timezone.utc)
CLUSTER, SERVICE = "fluidity", "fluidity-server"


def instant(minute):
    return EPOCH.timestamp() + minute * 60


def iso(minute):
    at = EPOCH + datetime.timedelta(minutes=minute)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def value_at(value, minute):
    if not isinstance(value, str):
        return value
    if value == "@@":
        return instant(minute) * 1000
    return instant(float(value[1:]) if len(value) > 1 else minute)


def points(spec):
    rows = spec["rows"] if isinstance(spec, dict) else spec
    step = spec.get("step", 1) if isinstance(spec, dict) else 1
    found = {}
    for first, behind, value in rows:
        minute = first
        while minute < behind:
            found[minute] = value_at(value, minute)
            minute += step
    return sorted(found.items(), reverse=True)  # newest first, as CloudWatch answers


def metric_result(name, spec, label):
    rows = points(spec)
    said = spec if isinstance(spec, dict) else {}
    status, label = said.get("status", "Complete"), said.get("label", label)
    return {"Id": name, "Label": label, "Timestamps": [iso(m) for m, _ in rows], "Values": [v for _, v in rows],
            "StatusCode": status}


def deployment(status, minute, desired, rollout="COMPLETED"):
    return {"id": "ecs-svc/%d" % abs(int(minute)), "status": status, "desiredCount": desired,
            "runningCount": desired, "pendingCount": 0, "createdAt": iso(minute), "updatedAt": iso(minute),
            "rolloutState": rollout}


def ecs_service(spec):
    desired = spec.get("desired", 1)
    running = spec.get("running", desired)
    created = spec.get("created", -1440)
    deployments = [deployment(d.get("status", "PRIMARY"), d["at"], desired, d.get("rollout", "COMPLETED"))
                   for d in spec.get("deployments", [{"at": spec.get("deployed", created)}])]
    tags = [{"key": k, "value": v} for k, v in spec.get("tags", {}).items()]
    if "woken" in spec:
        tags.append({"key": "drowse-wake", "value": iso(spec["woken"])})
    name = spec.get("name", SERVICE)
    cluster = spec.get("cluster", CLUSTER)
    service = {
        "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/%s/%s" % (cluster, name),
        "serviceName": name,
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/%s" % cluster,
        "status": spec.get("status", "ACTIVE"), "schedulingStrategy": spec.get("strategy", "REPLICA"),
        "desiredCount": desired, "runningCount": running, "pendingCount": spec.get("pending", 0),
        "deployments": deployments,
        "events": [{"id": "e%d" % i, "createdAt": iso(m),
                    "message": "(service %s) has started 1 tasks: (task 0a1b)." % name}
                   for i, m in enumerate(sorted(spec.get("started", []), reverse=True))],
        "createdAt": iso(created),
    }
    if not spec.get("tags_denied"):
        service["tags"] = tags
    return service


def state(case):
    """The state file of a case, as an object."""
    services = case.get("services") or [case.get("service", {})]
    results = []
    for spec in services:
        label = "%s/%s" % (spec.get("cluster", CLUSTER), spec.get("name", SERVICE))
        for name, rows in spec.get("metrics", case.get("metrics", {})).items():
            results.append(metric_result(name, rows, label))
    world = {"now": iso(case["at"]), "services": [ecs_service(s) for s in services], "MetricDataResults": results}
    if any(s.get("tags_denied") for s in services):
        world["tagsDenied"] = True
    return world


def edited(world, changes):
    for change in changes:
        *way, last = change["path"]
        parent = world
        for step in way:
            parent = parent[step]
        if "to" not in change:
            del parent[last]
        elif isinstance(parent, list) and last == len(parent):
            parent.append(change["to"])
        else:
            parent[last] = change["to"]
    return world


def write_state(case, path):
    with open(path, "w", encoding="utf-8") as out:
        json.dump(edited(state(case), case.get("edit", [])), out, indent=1)
