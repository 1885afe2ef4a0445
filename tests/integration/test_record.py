#!/usr/bin/env python3
"""record: what it asks the fake AWS for, what it saves, and that replay and --state decide on it as live did."""
import datetime
import json
import os
import pathlib
import sys
import tempfile

import aws_world as world
import terminal
from aws_world import expect

COARSE = """policy: 1
name: coarse
targets: [{cluster: c, service: web}]
metrics:
  fine: {namespace: N, metric: Load, stat: Average, period: 60s, dimensions: {Service: "{service}"}}
  coarse: {namespace: N, metric: Load, stat: Average, period: 300s, dimensions: {Service: "{service}"}}
sleep:
  - {rule: quiet, when: max(coarse over 1h) < 1 and max(fine over 1h) < 1, scale_to: 0, message: Quiet}
  - {rule: busy, message: Busy}
schedule: {sleep: rate(5 minutes)}
"""
DENIED_TAGS = {"call": "DescribeServices", "nth": 1, "kind": "status", "code": 400, "type": "AccessDeniedException",
               "message": "User: x is not authorized to perform: ecs:ListTagsForResource on resource: y"}
STARTED = {"ago_s": 40000, "message": "(service web) has started 1 tasks: (task 1)."}


class Stage:
    def __init__(self, aws, folder):
        self.aws, self.folder = aws, folder
        self.out = str(folder.path / "saved.json")

    def begin(self, *services, metrics=None, faults=(), **more):
        self.aws.begin(world={"services": list(services) or [world.service("web", events=[STARTED])],
                              "metrics": world.idle_metrics() if metrics is None else metrics, **more}, faults=faults)
        if os.path.exists(self.out):
            os.unlink(self.out)

    def policy(self, *names, extra=""):
        return self.folder.policy([("c", name) for name in names or ("web",)], extra)

    def record(self, *words, path=None, code=0, **more):
        done = self.aws.drowse("record", "-p", path or self.policy(), *words, **more)
        expect(done.code == code, f"it ends with {done.code}, not with {code}", done)
        return done

    def saved(self, *words, path=None, **more):
        self.record("-o", self.out, *words, path=path, **more)
        with open(self.out, encoding="utf-8") as file:
            return json.load(file)

    def decide(self, *words, code=0):
        """A decision on AWS, or, with -s, on a file."""
        done = self.aws.drowse(*words, "--json", "-p", self.policy())
        expect(done.code == code, words, done)
        return done.json()


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def ago(**span):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)).replace(microsecond=0)


def iso(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def series(saved, name, label="c/web"):
    found = [one for one in saved["MetricDataResults"] if (one["Id"], one["Label"]) == (name, label)]
    expect(len(found) == 1, f"{len(found)} series of {name} of {label}")
    expect(len(found[0]["Timestamps"]) == len(found[0]["Values"]), name)
    return found[0]


# ---- what is saved ----------------------------------------------------------------------------------------------

def services_as_aws_gives_them(stage):
    stage.begin(world.service("web", tags={"team": "a"}, events=[STARTED]))
    saved = stage.saved("--from", iso(ago(hours=1)))
    (web,) = saved["services"]
    expect(web["serviceArn"] == f"arn:aws:ecs:{world.REGION}:{world.ACCOUNT}:service/c/web", web)
    expect(web["tags"] == [{"key": "team", "value": "a"}] and "tagsDenied" not in saved, web)
    # What drowse does not read is kept too.
    expect(web["deploymentConfiguration"]["maximumPercent"] == 200 and web["launchType"] == "FARGATE", web)
    expect(web["events"][0]["message"] == STARTED["message"] and web["deployments"][0]["status"] == "PRIMARY", web)
    expect(abs((instant(saved["now"]) - ago()).total_seconds()) < 30, saved["now"])
    counts = stage.aws.counts()
    expect(counts == {"DescribeServices": 1, "GetMetricData": 1}, counts)


def all_that_is_kept(stage):
    """15 days of minutes, 63 days of five minutes, over as many pages as it takes."""
    stage.begin(metrics=[{"namespace": "N", "metric": "Load", "dimensions": {"Service": "web"}, "value": 0}],
                page_points=10000)
    saved = stage.saved(path=stage.folder.write("coarse.yaml", COARSE))
    for name, days, step in (("fine", 15, 60), ("coarse", 63, 300)):
        stamps = [instant(text) for text in series(saved, name)["Timestamps"]]
        expect(stamps == sorted(set(stamps)) and all(stamp.timestamp() % step == 0 for stamp in stamps), name)
        expect(abs(len(stamps) - days * 86400 // step) <= 2, name, len(stamps))
        expect(abs((ago(days=days) - stamps[0]).total_seconds()) <= step + 60, name, stamps[0])
    expect(stage.aws.counts()["GetMetricData"] >= 4, stage.aws.counts())


def part_of_it(stage):
    stage.begin()
    begin, end = ago(hours=30), ago(hours=6)
    saved = stage.saved("--from", iso(begin), "--to", iso(end))
    expect(saved["now"] == iso(end), saved["now"])
    stamps = [instant(text) for text in series(saved, "connections")["Timestamps"]]
    expect(0 <= (begin - stamps[0]).total_seconds() < 60, stamps[0], begin)
    expect(0 < (end - stamps[-1]).total_seconds() <= 60, stamps[-1], end)
    expect(len(stamps) in (1440, 1441), len(stamps))
    saved = stage.saved("--from", iso(ago(hours=1)), "--to", "2999-01-01")
    expect(abs((instant(saved["now"]) - ago()).total_seconds()) < 30, "a time to come is now", saved["now"])
    for words in (("--from", iso(end), "--to", iso(begin)), ("--from", "2999-01-01")):
        expect("--from is not before --to" in stage.record(*words, code=2).err, words)
    expect("--from" in stage.record("--from", "yesterday", code=2).err, "yesterday")


def several_services(stage):
    stage.begin(world.service("web-1"), world.service("web-2"), world.service("api"),
                metrics=world.busy_metrics("web-2") + world.idle_metrics())
    saved = stage.saved("--from", iso(ago(hours=1)), path=stage.policy("web-*"))
    expect([one["serviceName"] for one in saved["services"]] == ["web-1", "web-2"], saved["services"])
    expect(set(series(saved, "connections", "c/web-1")["Values"]) == {0}, "web-1")
    expect(set(series(saved, "connections", "c/web-2")["Values"]) == {3}, "web-2")
    expect("api" not in json.dumps(saved), "a service that is none of the policy's")
    saved = stage.saved("--from", iso(ago(hours=1)), "--service", "c/web-2", path=stage.policy("web-*"))
    expect([one["serviceName"] for one in saved["services"]] == ["web-2"], saved["services"])


def denied_tags(stage):
    stage.begin(faults=[DENIED_TAGS])
    saved = stage.saved("--from", iso(ago(hours=1)))
    expect(saved["tagsDenied"] is True and "tags" not in saved["services"][0], saved)


def metric_in_part(stage):
    first, second = world.idle_metrics()
    stage.begin(metrics=[{**first, "status": "PartialData"}, {**second, "status": "Forbidden"}])
    done = stage.record("-o", stage.out, "--from", iso(ago(hours=1)))
    saved = json.loads(pathlib.Path(stage.out).read_text(encoding="utf-8"))
    expect(series(saved, "connections")["StatusCode"] == "PartialData", saved)
    expect(series(saved, "last_activity")["StatusCode"] == "InternalError", saved)
    expect(done.err.count("warning: ") == 2 and "2 of the metrics are incomplete" in done.err, done)


# ---- where it goes, or does not ---------------------------------------------------------------------------------

def to_stdout(stage):
    for words in ((), ("-o", "-")):
        stage.begin()
        done = stage.record("--from", iso(ago(hours=1)), *words)
        expect(len(done.json()["services"]) == 1 and not done.err, done)
    expect("saved.json" not in os.listdir(stage.folder.path), "a file")


def to_a_file(stage):
    stage.begin()
    done = stage.record("-o", stage.out, "--from", iso(ago(hours=1)))
    expect(not done.out and done.err.startswith("drowse: 1 service and 12") and " points are in " in done.err, done)
    expect(sorted(os.listdir(stage.folder.path)) == ["base.yaml", "coarse.yaml", "policy.yaml", "saved.json"],
           os.listdir(stage.folder.path))


def to_a_file_that_cannot_be_written(stage):
    stage.begin()
    done = stage.record("-o", str(stage.folder.path / "nowhere/saved.json"), "--from", iso(ago(hours=1)), code=3)
    expect("nowhere" in done.err and "no such file or directory" in done.err and not done.out, done)


def nothing_where_something_is_missing(stage):
    kept = "what was there before\n"
    for begin, names, code, says in (
            ({}, ("web", "gone"), 4, "DescribeServices of c/gone: there is no such service"),
            ({"deny": ["ecs:DescribeServices"]}, ("web",), 4, "not authorized to perform: ecs:DescribeServices"),
            ({"deny": ["cloudwatch:GetMetricData"]}, ("web",), 4, "GetMetricData"),
            ({"faults": [{"call": "GetMetricData", "kind": "500", "times": -1}]}, ("web",), 3, "GetMetricData"),
            ({"faults": [{"call": "GetMetricData", "nth": 2, "kind": "half"}], "page_points": 500}, ("web",), 3,
             "GetMetricData")):
        stage.begin(world.service("web"), **begin)
        pathlib.Path(stage.out).write_text(kept, encoding="utf-8")
        done = stage.record("-o", stage.out, "--from", iso(ago(hours=20)), path=stage.policy(*names), code=code,
                            **world.QUICK)
        expect(says in done.err and done.err.endswith("drowse: nothing was saved\n"), says, done)
        expect(len(done.err.splitlines()) == 2 and not done.out, "an error more than once", done)
        expect(pathlib.Path(stage.out).read_text(encoding="utf-8") == kept, "the file was touched", done)


def no_progress_without_a_terminal(stage):
    stage.begin(world.service("web-1"), world.service("web-2"))
    done = stage.record("-o", stage.out, "--from", iso(ago(hours=1)), path=stage.policy("web-*"))
    expect("record: " not in done.err and "\r" not in done.err, done)


def progress_on_a_terminal(stage):
    stage.begin(world.service("web-1"), world.service("web-2"))
    words = [world.DROWSE, "record", "-p", stage.policy("web-*"), "-o", stage.out, "--from", iso(ago(hours=1))]
    code, printed = terminal.run(words, stage.aws.environment())
    for done in (1, 2):
        expect(code == 0 and f"\rrecord: {done} of 2 services" in printed, code, printed)
    expect(printed.index("2 of 2") < printed.index("are in "), printed)


# ---- read again -------------------------------------------------------------------------------------------------

CASES = [  # services, metrics, faults
    ("idle", {"events": [STARTED]}, world.idle_metrics(), ()),
    ("busy", {"events": [STARTED]}, world.busy_metrics(), ()),
    ("just woken", {"events": [{**STARTED, "ago_s": 100}]}, world.idle_metrics(), ()),
    ("woken by its mark", {"tags": {"drowse-wake": iso(ago(minutes=7))}}, world.idle_metrics(), ()),
    ("asleep", {"desired": 0}, world.idle_metrics(), ()),
    ("starting", {"running": 0}, world.idle_metrics(), ()),
    ("deploying", {"deploying": True, "deployed_ago_s": 600}, world.idle_metrics(), ()),
    ("held", {"tags": {"awake-until": "2999-01-01T00:00:00Z", "awake-by": "a", "awake-reason": "b"}},
     world.idle_metrics(), ()),
    ("without metrics", {}, [], ()),
    ("with metrics in part", {}, [{**row, "status": "PartialData"} for row in world.idle_metrics()], ()),
    ("with metrics that end", {}, [{**row, "until_ago_s": 1200} for row in world.idle_metrics()], ()),
    # Each command asks with tags first, and without them from then on: record, explain, plan (of two looks), explain.
    ("with tags denied", {"events": [STARTED]}, world.idle_metrics(),
     [dict(DENIED_TAGS, nth=call) for call in (1, 3, 5, 8)]),
]


def decides_as_live_did(stage, case):
    _, service, metrics, faults = case
    stage.begin(world.service("web", **service), metrics=metrics, faults=faults)
    saved = stage.saved("--from", iso(ago(hours=3)))
    at, state = ("--at", saved["now"]), ("-s", stage.out)
    for words in (("explain", "sleep"), ("plan",), ("explain", "wake")):
        live, again = stage.decide(*words, *at), stage.decide(*words, *state)
        expect(live == again, f"{words}: live {json.dumps(live)[:3000]}", f"recorded {json.dumps(again)[:3000]}")


def status_of_a_recording(stage):
    stage.begin()
    stage.saved("--from", iso(ago(hours=3)))
    live, again = stage.decide("status"), stage.decide("status", "-s", stage.out)
    for key in ("is", "fence", "rule", "outcome", "desiredCount"):
        expect(live["services"][0][key] == again["services"][0][key], key, live, again)


def run_on_a_recording(stage):
    stage.begin()
    stage.saved("--from", iso(ago(hours=3)))
    policy = stage.policy()
    done = world.call([world.DROWSE, "run", "sleep", "-p", policy, "-s", stage.out], world.clean_environment())
    expect(done.code == 0 and done.json()["action"] == "scaled_down", done)
    changed = json.loads(pathlib.Path(stage.out).read_text(encoding="utf-8"))
    expect(changed["services"][0]["desiredCount"] == 0, changed["services"])
    expect("UpdateService" not in stage.aws.counts(), "AWS was asked")
    hold = ["hold", "-p", policy, "-s", stage.out, "--until", "1h", "--reason", "x", "--by", "a"]
    expect(world.call([world.DROWSE, *hold], world.clean_environment()).code == 0, "hold")


def replayed(stage):
    """Two quiet days but for two hours, 30 hours ago: it would have slept before and after them."""
    busy = [[3600 * 30 + 60 * minute, 3] for minute in range(-120, 0)]
    quiet = [[60 * minute, 0] for minute in range(2 * 1440)]
    points = sorted({ago_s: value for ago_s, value in quiet + busy}.items())
    stage.begin(world.service("web", created_ago_s=40 * 86400),
                metrics=[{"namespace": "N", "metric": "Load", "dimensions": {"Service": "web"}, "points": points}])
    path = stage.folder.write("replayed.yaml", COARSE.replace("max(coarse over 1h) < 1 and ", ""))
    stage.saved("--from", iso(ago(hours=48)), path=path)
    done = world.call([world.DROWSE, "replay", "-p", path, "--demand", "fine>1", "--json", stage.out],
                      world.clean_environment())
    expect(done.code == 0, done)
    moves = done.json()["transitions"]
    expect([move["to"] for move in moves] == ["asleep", "starting", "awake", "asleep"], moves)
    woken, slept = ((ago() - instant(moves[i]["at"])).total_seconds() / 3600 for i in (1, 3))
    expect(29.9 < woken < 30.1 and 26.8 < slept < 27.1, moves)
    os.unlink(path)


TESTS = [services_as_aws_gives_them, all_that_is_kept, part_of_it, several_services, denied_tags, metric_in_part,
         to_stdout, to_a_file, to_a_file_that_cannot_be_written, nothing_where_something_is_missing,
         no_progress_without_a_terminal, status_of_a_recording, run_on_a_recording, replayed]


def main():
    tally, tests = world.Tally(), list(TESTS)
    if terminal.available():
        tests.append(progress_on_a_terminal)
    else:
        print("left out: record's progress on a terminal: this machine has no pseudo-terminals")
    with world.FakeAws() as aws, world.Folder() as folder:
        stage = Stage(aws, folder)
        for test in tests:
            tally.run(test.__name__, test, stage)
        for case in CASES:
            tally.run("decides as live did: " + case[0], decides_as_live_did, stage, case)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
