"""Seeded random states for the decision oracle: services that could sleep, and all that can be wrong with them.

A Case is a policy, a behaviour, params and a state file's object. Most are near a decision's edge: idle services with
one thing amiss, ages within a second of a threshold, fences and stamps within a second of a bucket.
"""
import datetime
import random

from decision_oracle import CLUSTER, DAY, EPOCH, HOUR, MINUTE, SERVICE
from decision_policies import POLICIES, QUIET, SPREAD

LAST_SUNDAYS = [1774746000, 1792890000]  # 2026-03-29 and 2026-10-25, 01:00 UTC: London's clocks change
SPRING_2026, SPRING_2027 = 1772323200, 1803859200
LOOKBACKS = {"5m": 300, "7m": 420, "10m30s": 630, "15m": 900, "1h": 3600, "3h": 10800}
THRESHOLDS = {"5m": 300, "9m30s": 570, "15m": 900, "1h": 3600}
HOLDS = ("awake-until", [
    "", "tomorrow", "2026-12-01", "2026-06-01T00:00:00", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00+01:00",
    "2026-02-30T00:00:00Z", "@0", "@1", "@-1", "@3600"])
TAGS = {
    "policies/recipes/awake-until.yaml": HOLDS,
    "policies/cost-optimized.yaml": HOLDS,
    "policies/recipes/protected-from-kill.yaml": ("protected", ["true", "true", "false", "True", "", "true "]),
    "policies/recipes/restore-count.yaml": ("count", [
        "1", "3", "10", "11", "0", "-4", "2.5", "", "many", " 2", "+2", "1e1", "0.5", "1e400", "0x3", "2.0", "nan"]),
}


class Luck(random.Random):
    """Chance, of which little goes amiss in most states: else none would ever sleep."""

    def __init__(self, seed):
        super().__init__(seed)
        self.trouble = self.choice([0.1, 0.1, 0.3, 1])

    def amiss(self, chance):
        return self.random() < chance * self.trouble


class Case:
    def __init__(self, policy, behaviour, options, params, state):
        self.policy, self.behaviour, self.options, self.params, self.state = policy, behaviour, options, params, state

    def with_state(self, state):
        return Case(self.policy, self.behaviour, self.options, self.params, state)


def stamp(rng, at, exact=False):
    """An instant in one of the ways in which AWS's commands print it."""
    style = 0 if exact else rng.randrange(8)
    whole, part = divmod(at, 1)
    fraction = ("%.3f" % part)[1:] if part else ""
    if style == 1:
        return int(at) if not part else at
    offset = {2: 3600, 3: -19800}.get(style, 0)
    text = (EPOCH + datetime.timedelta(seconds=int(whole) + offset)).strftime("%Y-%m-%dT%H:%M:%S") + fraction
    return text + {2: "+01:00", 3: "-05:30", 4: "+00:00"}.get(style, "Z")


def moment(rng):
    """Now: on the minute or off it, at night or by day, and on the nights when clocks change."""
    if rng.random() < 0.3:
        at = rng.choice(LAST_SUNDAYS) + rng.randrange(-8, 9) * HOUR
    else:
        at = rng.randrange(SPRING_2026, SPRING_2027) // MINUTE * MINUTE
    if rng.random() < 0.3:
        hour = rng.choice([5, 6, 21, 22, 22, 23, 23.5, 22.5])
        at = at // DAY * DAY + int(hour * HOUR)
    return at + rng.choice([0, 0, 0, 0, 1, -1, 29, 59, 0.25, -0.5, 30.125])


def near(rng, at):
    return at + rng.choice([0, 0, 1, -1, 0.25, -0.25, 30, -30])


def recent(rng, now):
    """Some instant before now: a fence that lies within the spans, before them, or in the future."""
    ago = rng.choice([0, 60, 119, 120, 180, 181, 240, 300, 600, 840, 900, 1800, 3600, 7200, 7260, 10800])
    return near(rng, now - ago) if rng.random() < 0.9 else now + rng.choice([1, 90, 299, 300, 301, 4000])


def deployments(rng, now):
    if rng.amiss(0.04):
        return []
    created = near(rng, now - rng.choice([0, 1, 2]) * HOUR) if rng.amiss(0.3) else now - rng.choice([30, 1, 2]) * DAY
    primary = {"id": "ecs-svc/1", "status": "PRIMARY", "createdAt": stamp(rng, created)}
    if rng.random() < 0.95:
        primary["rolloutState"] = "IN_PROGRESS" if rng.amiss(0.15) else rng.choice(["COMPLETED", "FAILED"])
    if rng.random() < 0.05:
        del primary["createdAt"]
    found = [primary]
    if rng.amiss(0.1):
        found.append({"id": "ecs-svc/0", "status": "ACTIVE", "createdAt": stamp(rng, now - 90 * DAY)})
        rng.shuffle(found)
    return found


def events(rng, now):
    texts = ["(service %s) has started 1 tasks: (task 0a1b).", "(service %s) has reached a steady state.",
             "(service %s) has stopped 1 running tasks: (task 0a1b).",
             "(service %s) was unable to place a task because no container instance met all of its requirements."]
    found = []
    for number in range(rng.choice([0, 0, 1, 2, 4])):
        at = recent(rng, now) if rng.amiss(0.8) else now - rng.choice([1, 2, 9]) * DAY
        found.append({"id": "e%d" % number, "createdAt": stamp(rng, at), "message": rng.choice(texts) % SERVICE})
    return found


def tags(rng, now, policy):
    found = {"team": "fluid"} if rng.random() < 0.5 else {}
    if rng.random() < 0.3:
        woken = recent(rng, now) if rng.amiss(0.8) else now - rng.choice([1, 2, 9]) * DAY
        found["drowse-wake"] = rng.choice([stamp(rng, woken, exact=True)] * 4 + ["%d" % woken, "yesterday", ""])
    if policy.path in TAGS and rng.random() < 0.85:
        key, values = TAGS[policy.path]
        value = rng.choice(values)
        found[key] = stamp(rng, now + int(value[1:]), exact=True) if value.startswith("@") else value
    return [{"key": key, "value": value} for key, value in found.items()]


def service(rng, now, policy, behaviour, name=SERVICE):
    desired = rng.choice([0, 0, 0, 1, 3]) if behaviour == "wake" else rng.choice([1] * 6 + [2, 2, 2, 3, 3, 0])
    running = rng.randrange(0, 4) if rng.amiss(0.3) else desired
    described = {
        "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/%s/%s" % (CLUSTER, name), "serviceName": name,
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/%s" % CLUSTER,
        "status": rng.choice(["DRAINING", "INACTIVE"]) if rng.amiss(0.04) else "ACTIVE",
        "schedulingStrategy": "DAEMON" if rng.amiss(0.02) else "REPLICA",
        "desiredCount": desired, "runningCount": running, "pendingCount": rng.choice([0, 0, 1]),
        "deployments": deployments(rng, now), "events": events(rng, now),
        "createdAt": stamp(rng, now - 60 * DAY), "tags": tags(rng, now, policy)}
    if rng.random() < 0.05:
        del described["createdAt"]
    if rng.random() < 0.1:
        del described["tags"]
    return described


def numbers(rng):
    """value(minutes before now) of a metric that counts."""
    kind = rng.choice(["one", "recent", "old", "all", "negative", "huge", "noise"]) if rng.amiss(0.8) else "zero"
    at = rng.choice([0, 1, 2, 3, 4, 5, 9, 10, 14, 15, 29, 60, 118, 119, 120, 121, 179])
    return {"zero": lambda ago: 0, "one": lambda ago: 1 if ago == at else 0,
            "recent": lambda ago: 2 if ago <= at else 0, "old": lambda ago: 3 if ago > at else 0, "all": lambda ago: 1.5,
            "negative": lambda ago: -1 if ago != at else rng.choice([0.5, 100]),
            "huge": lambda ago: 1e106 if ago == at else 0 if ago != at + 1 else rng.choice([1e-9, 1e100, 5]),
            "noise": lambda ago: rng.choice([0, 0, 0, 0.001, -0.001, 1e17, -1e17])}[kind]


def task_counts(rng, running):
    kind = rng.choice(["short", "filling", "mixed"]) if rng.amiss(0.6) else "all"
    return {"all": lambda ago: running, "short": lambda ago: running - 1,
            "filling": lambda ago: running if ago > 1 else max(0, running - 1),
            "mixed": lambda ago: running - (1 if rng.random() < 0.2 else 0)}[kind]


def instants(rng, now, threshold):
    kind = rng.choice(["moving", "zero", "ms", "future", "negative", "one ms", "later"]) if rng.amiss(0.6) else "old"
    age = near(rng, rng.choice([threshold, threshold + 30, 2 * threshold, 2 * threshold, DAY] + [10] * rng.amiss(1)))
    ahead = rng.choice([1, 60, 299, 300, 301, 300.25, 86400])
    at = rng.choice([0, 1, 2, 5, 9])
    return {"old": lambda ago: now - age, "moving": lambda ago: now - ago * MINUTE - 20, "zero": lambda ago: 0,
            "ms": lambda ago: (now - age) * 1000, "future": lambda ago: now + ahead, "negative": lambda ago: -now,
            "one ms": lambda ago: (now - age) * (1000 if ago == at else 1),
            "later": lambda ago: now + ahead if ago == at else now - age}[kind]


def columns(rng, now, span, step, value):
    """[(instant, value)] a step apart, with holes, doubles, and points where none should be."""
    newest = now // step * step - rng.choice([0, 1, 1, 2] + [3, 4, 5, 9] * rng.amiss(0.7)) * step
    lost = rng.choice([0.05, 0.1, 0.2, 0.5, 1]) if rng.amiss(0.6) else 0
    shift = rng.choice([7, 30, 59]) if rng.amiss(0.3) else 0
    found = []
    for ago in range(0, span // step + 8):
        at = newest - ago * step
        if rng.random() < lost:
            continue
        point = value(int(now // MINUTE - at // MINUTE))
        found.append((at + shift, point))
        if rng.amiss(0.05):
            found.append((at + shift + rng.choice([0, 0, 20]), point if rng.random() < 0.5 else value(0)))
    if rng.amiss(0.3):
        this_minute = now // MINUTE * MINUTE
        found += [(this_minute + ahead * MINUTE, value(0)) for ahead in rng.choice([[0], [1], [0, 1, 2, 9]])]
    if rng.amiss(0.3):
        hole = rng.randrange(0, max(1, len(found)))
        del found[hole:hole + rng.choice([1, 2, 3, 4])]
    order = rng.random()
    found.sort(reverse=order < 0.85)
    if order > 0.95:
        rng.shuffle(found)
    return found


def results(rng, name, label, points):
    """The metric's MetricDataResults: one page, sometimes two or none."""
    if rng.amiss(0.05):
        return []
    status = rng.choice(["PartialData", "InternalError", "Forbidden"]) if rng.amiss(0.12) else "Complete"
    cuts = [0, len(points)] if rng.random() < 0.93 else [0, rng.randrange(0, len(points) + 1), len(points)]
    return [{"Id": name, "Label": label, "StatusCode": status,
             "Timestamps": [stamp(rng, at) for at, _ in points[first:end]], "Values": [v for _, v in points[first:end]]}
            for first, end in zip(cuts, cuts[1:])]


def metric_results(rng, now, policy, params, running, label):
    threshold = params.get("idle_threshold", 900)
    span = params.get("lookback", 2 * HOUR)
    found = []
    for name, metric in policy.metrics.items():
        rng.trouble = rng.choice([0.1, 0.1, 1])  # often it is one metric alone that is wrong
        if metric.instant:
            value = instants(rng, now, threshold)
        elif name == "reports":
            value = task_counts(rng, running)
        else:
            value = numbers(rng)
        points = columns(rng, now, span, metric.period, value)
        if policy is SPREAD and not metric.instant:
            scale = rng.choice([1, 1, 3, 10, 30])
            points = [(at, value * scale) for at, value in points]
        if metric.fill is not None and rng.random() < 0.6:
            points = [point for point in points if point[1] != 0 or rng.random() < 0.1]
        found += results(rng, name, label, points)
    if rng.random() < 0.1:
        rng.shuffle(found)
    return found


def choose_params(rng, policy):
    """Options of the command line, and the params that they come to."""
    options, params = [], dict(policy.params)
    for name, choices in (("idle_threshold", THRESHOLDS), ("lookback", LOOKBACKS)):
        if name in params and rng.random() < 0.3:
            written = rng.choice(sorted(choices))
            options += ["--param", "%s=%s" % (name, written)]
            params[name] = choices[written]
    return options, params


def behaviour_of(rng, policy):
    special = {"policies/recipes/protected-from-kill.yaml": "kill", "policies/recipes/restore-count.yaml": "wake"}
    if policy.path in special and rng.random() < 0.8:
        return special[policy.path]
    weights = {"sleep": 90, "wake": 6, "kill": 4}
    return rng.choices(list(policy.behaviours), [weights[name] for name in policy.behaviours])[0]


def case(rng):
    policy = rng.choice(POLICIES + [POLICIES[0], QUIET, SPREAD])
    behaviour = behaviour_of(rng, policy)
    options, params = choose_params(rng, policy)
    if behaviour != "sleep":
        options = []
    now = moment(rng)
    services = [service(rng, now, policy, behaviour)]
    if rng.random() < 0.15:
        others = rng.choice([["other"], ["other", "fluidity"]])
        services += [service(rng, now, policy, behaviour, name) for name in others]
    running = services[0]["runningCount"]
    label = "%s/%s" % (CLUSTER, SERVICE)
    single = len(services) == 1
    found = metric_results(rng, now, policy, params, running,
                           label if not single or rng.random() < 0.5
                           else rng.choice(["ActiveConnections", "m1", "a/b: Average", CLUSTER + "/other"]))
    for other in services[1:]:
        found += metric_results(rng, now, policy, params, 1, "%s/%s" % (CLUSTER, other["serviceName"]))
    rng.shuffle(services)
    state = {"now": stamp(rng, now), "services": services, "MetricDataResults": found}
    if rng.random() < 0.03:
        state["tagsDenied"] = True
    if rng.amiss(0.02):
        state["NextToken"] = "more"
    return Case(policy, behaviour, options, params, state)
