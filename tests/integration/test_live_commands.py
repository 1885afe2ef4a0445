#!/usr/bin/env python3
"""status, hold, plan, explain and run on live state: the fake AWS stands for it.

Each test gets a fake AWS of its own world, and says what is printed, what the command ends with, and which calls it
made. What `record` saves is tested in test_record.py.
"""
import datetime
import json
import re
import sys

import aws_world as world
import terminal
from aws_world import expect

HELD = {"awake-until": "2999-01-01T00:00:00Z", "awake-by": "alice", "awake-reason": "load test"}
KILL_ONLY = """policy: 1
name: nights
targets:
  - {cluster: c, service: web}
  - {cluster: c, service: asleep}
kill:
  - {rule: night, scale_to: 0, message: "Night"}
schedule: {kill: cron(0 23 * * ? *)}
"""
DENIED_TAGS = {"call": "DescribeServices", "nth": 1, "kind": "status", "code": 400, "type": "AccessDeniedException",
               "message": "User: x is not authorized to perform: ecs:ListTagsForResource on resource: y"}


class Stage:
    """One test: its fake AWS, and a folder for its policies."""

    def __init__(self, aws, folder):
        self.aws, self.folder = aws, folder

    def begin(self, *services, metrics=None, faults=(), **more):
        self.aws.begin(world={"services": list(services), "metrics": metrics or world.idle_metrics(), **more},
                       faults=faults)

    def policy(self, *names, extra=""):
        return self.folder.policy([("c", name) for name in names or ("web",)], extra)

    def run(self, *words, code=0, **more):
        """The command's result; it must end with that code, and say nothing twice."""
        done = self.aws.drowse(*words, **more)
        expect(done.code == code, f"{words} ends with {done.code}, not with {code}", done)
        said = [line for line in done.err.splitlines() if line]
        expect(len(said) == len(set(said)), "it says something twice", done)
        return done

    def fails(self, *words, code, says, **more):
        """Ends with that code, and says so, and why, on stderr alone."""
        done = self.run(*words, code=code, **more)
        expect(not done.out and says in done.err, f"'{says}' is not said", done)
        return done

    def no_change(self):
        for operation in ("UpdateService", "TagResource"):
            expect(operation not in self.aws.counts(), f"{operation} was sent", self.aws.counts())


def row(done, service):
    """The line of the table that begins with that service, its cells apart by two blanks or more."""
    found = [line for line in done.out.splitlines() if line.split("  ")[0] == service]
    expect(len(found) == 1, f"{len(found)} lines of {service}", done)
    return re.split(r"  +", found[0].strip())


def services(done):
    return {entry["service"]: entry for entry in done.json()["services"]}


# ---- status -----------------------------------------------------------------------------------------------------

def status_of_all_conditions(stage):
    stage.begin(world.service("idle"), world.service("busy"), world.service("asleep", desired=0),
                world.service("coming", running=0), world.service("going", desired=0, running=1),
                world.service("held", tags=HELD), metrics=world.busy_metrics("busy") + world.idle_metrics())
    path = stage.policy("*")
    done = stage.run("status", "-p", path)
    expect(done.out.splitlines()[0].split() == "service tasks is next change rule reason".split(), done)
    for service, tasks, condition, rule in (
            ("idle", "1 of 1", "up", "idle"), ("busy", "1 of 1", "up", "active"),
            ("asleep", "0 of 0", "asleep", "stopped"), ("coming", "0 of 1", "starting", "starting"),
            ("going", "1 of 0", "stopping", "stopped"), ("held", "1 of 1", "up", "kept_awake")):
        cells = row(done, "c/" + service)
        expect(cells[1] == tasks and cells[2] == condition and rule in cells[3:5], cells)
    expect("due for sleep: Service scaled down" in row(done, "c/idle")[-1], done)
    expect(row(done, "c/held")[-1] == "Kept awake until 2999-01-01T00:00:00Z (alice: load test)", done)
    expect(stage.aws.counts() == {"ListServices": 1, "DescribeServices": 1, "GetMetricData": 1}, stage.aws.counts())


def status_as_json(stage):
    stage.begin(world.service("idle"), world.service("asleep", desired=0), world.service("held", tags=HELD))
    found = services(stage.run("status", "-p", stage.policy("*"), "--json"))
    idle, asleep, held = found["idle"], found["asleep"], found["held"]
    expect((idle["is"], idle["desiredCount"], idle["runningCount"], idle["pendingCount"]) == ("up", 1, 1, 0), idle)
    expect((idle["behaviour"], idle["outcome"], idle["rule"]) == ("sleep", "change", "idle"), idle)
    expect(idle["place"].endswith("base.yaml:" + idle["place"].split(":", 1)[1]) and idle["fence"], idle)
    expect((asleep["is"], asleep["rule"], asleep["nextChange"]) == ("asleep", "stopped", None), asleep)
    expect(held["rule"] == "kept_awake" and "alice: load test" in held["message"], held)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def status_next_change_of_each_schedule(stage):
    stage.begin(world.service("idle"), world.service("busy"), world.service("asleep", desired=0),
                metrics=world.busy_metrics("busy") + world.idle_metrics())
    path = stage.policy("*", extra="schedule: {sleep: rate(5 minutes), kill: cron(0 23 * * ? *), "
                                   "wake: cron(0 6 * * ? *)}")
    done = stage.run("status", "-p", path, "--json")
    now, found = instant(done.json()["now"]), services(done)
    for service, behaviour, rule, within, at in (("idle", "sleep", "idle", 300, ""),
                                                 ("busy", "kill", "kill", 86400, "T23:00:00Z"),
                                                 ("asleep", "wake", "start", 86400, "T06:00:00Z")):
        change = found[service]["nextChange"]
        expect((change["behaviour"], change["rule"], change["certain"]) == (behaviour, rule, True), service, change)
        expect(0 <= (instant(change["at"]) - now).total_seconds() <= within, service, change, now)
        expect(change["at"].endswith(at), service, change)
    table = stage.run("status", "-p", path)
    for service, behaviour in (("idle", "sleep in "), ("busy", "kill in "), ("asleep", "wake in ")):
        expect(row(table, "c/" + service)[3].startswith(behaviour), table)


def status_next_change_that_hangs_on_metrics(stage):
    """What a hold kept from being looked at cannot be foretold."""
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    stage.begin(world.service("web", tags={**HELD, "awake-until": until.strftime("%Y-%m-%dT%H:%M:%SZ")}))
    # Without a kill, whose tick may come sooner.
    path = stage.policy("web", extra="schedule: {kill: cron(0 0 29 2 ? *)}")
    change = services(stage.run("status", "-p", path, "--json"))["web"]["nextChange"]
    expect(change["behaviour"] == "sleep" and change["certain"] is False and "desiredCount" not in change, change)
    expect(-1 <= (instant(change["at"]) - until).total_seconds() <= 300, change, until)
    expect(re.fullmatch(r"sleep in .*\?", row(stage.run("status", "-p", path), "c/web")[3]), "no question mark")


def status_of_what_is_not_there(stage):
    stage.begin(world.service("web"), world.service("old", status="DRAINING"))
    done = stage.run("status", "-p", stage.policy("web", "gone", "old"), code=4)
    expect(row(done, "c/web")[2] == "up", done)
    expect(row(done, "c/gone")[1] == "missing" and "there is no such service" in done.out, done)
    expect(row(done, "c/old")[1] == "left alone" and "is DRAINING" in done.out, done)
    found = services(stage.run("status", "-p", stage.policy("web", "gone"), "--json", code=4))
    expect(found["gone"]["is"] == "missing" and "MISSING" in found["gone"]["error"], found)
    expect(found["gone"]["nextChange"] is None and found["web"]["rule"] == "idle", found)
    stage.fails("status", "-p", stage.policy("web"), "--service", "c/other", code=4, says="is not among the targets")
    stage.fails("status", "-p", stage.policy("x*"), code=2, says="no service matches the targets")


def status_passes_over_what_takes_no_changes(stage):
    stage.begin(world.service("web"), world.service("web-old", status="DRAINING"))
    done = stage.run("status", "-p", stage.policy("web*"))
    expect(row(done, "c/web-old")[2] == "left alone" and "it takes no changes" in done.out, done)
    found = services(stage.run("status", "-p", stage.policy("web*"), "--json"))["web-old"]
    expect(found["nextChange"] is None and "rule" not in found and "outcome" not in found, found)


def status_of_a_policy_without_sleep(stage):
    stage.begin(world.service("web"), world.service("asleep", desired=0))
    path = stage.folder.write("kill.yaml", KILL_ONLY)
    done = stage.run("status", "-p", path)
    expect(row(done, "c/web")[3].startswith("kill in ") and "due for" not in done.out, done)
    expect(row(done, "c/asleep") == ["c/asleep", "0 of 0", "asleep", "the policy has no sleep"], done)
    found = services(stage.run("status", "-p", path, "--json"))
    expect(found["asleep"]["nextChange"] is None and "rule" not in found["web"], found)
    expect("GetMetricData" not in stage.aws.counts(), "it asked for metrics")


def status_of_what_is_held_by_an_unknown(stage):
    """Where tags may not be read, kept_awake is unknown, and keeps an idle service up."""
    stage.begin(world.service("web"), faults=[DENIED_TAGS])
    found = services(stage.run("status", "-p", stage.policy(), "--json"))["web"]
    expect((found["outcome"], found["rule"], found["heldBy"]) == ("held", "idle", "kept_awake"), found)
    expect("tag" in found["heldBecause"], found)
    stage.begin(world.service("web"), faults=[DENIED_TAGS])
    expect("tag" in row(stage.run("status", "-p", stage.policy()), "c/web")[-1], "why is not said")


def status_of_what_could_not_be_asked(stage):
    stage.begin(world.service("web"), world.service("api"), deny=["ecs:DescribeServices"])
    done = stage.run("status", "-p", stage.policy("web", "api"), code=4)
    for service in ("c/web", "c/api"):
        expect(row(done, service)[1] == "unknown" and f"DescribeServices of {service}" in done.out, done)
    stage.begin(world.service("web"), metrics=[{**row_, "status": "Forbidden"} for row_ in world.idle_metrics()])
    done = stage.run("status", "-p", stage.policy())
    expect("warning: c/web: " in done.err and "could not be settled" in done.out, done)


# ---- hold -------------------------------------------------------------------------------------------------------

def tags(stage, service="web"):
    """The tags that the newest TagResource set."""
    calls = stage.aws.calls("TagResource")
    expect(calls and calls[-1]["target"].endswith("/" + service), "no TagResource", calls)
    state = stage.run("record", "-p", stage.policy(service)).json()["services"][0]
    return {tag["key"]: tag["value"] for tag in state["tags"]}


def hold(stage, *words, path=None, **more):
    return stage.run("hold", "-p", path or stage.policy(), *words, **more)


def hold_by_span(stage):
    stage.begin(world.service("web"))
    before = datetime.datetime.now(datetime.timezone.utc)
    done = hold(stage, "--until", "2h30m", "--reason", "load test", "--by", "alice")
    set_tags = tags(stage)
    expect(re.fullmatch(r"c/web is kept awake until \S+ \(alice: load test\)\n", done.out) and not done.err, done)
    off = (instant(set_tags["awake-until"]) - before).total_seconds() - 9000
    expect(-1 <= off <= 30 and set_tags["awake-by"] == "alice" and set_tags["awake-reason"] == "load test", set_tags)
    plan = stage.run("plan", "sleep", "-p", stage.policy(), "--json").json()
    expect("alice: load test" in json.dumps(plan), plan)


def hold_until_an_instant(stage):
    stage.begin(world.service("web"))
    done = hold(stage, "--until", "2999-12-01T18:00:00+01:00", "--reason", "demo", "--by", "bob", "--json")
    expect(done.json() == {"cluster": "c", "service": "web", "held": True, "until": "2999-12-01T17:00:00Z",
                           "by": "bob", "reason": "demo"}, done)
    expect(stage.run("run", "sleep", "-p", stage.policy()).json()["action"] == "no_change", "it was put to sleep")
    expect("UpdateService" not in stage.aws.counts(), "a held service was lowered")


def hold_names_who(stage):
    for more, who in (({"USER": "carol"}, "carol"), ({"LOGNAME": "dan"}, "dan"),
                      ({"USER": "", "LOGNAME": "eve"}, "eve")):
        stage.begin(world.service("web"))
        hold(stage, "--until", "1h", "--reason", "x", **more)
        expect(tags(stage)["awake-by"] == who, who)
    stage.begin(world.service("web"))
    stage.fails("hold", "-p", stage.policy(), "--until", "1h", "--reason", "x", code=2, says="who asks? --by NAME")
    stage.no_change()


def hold_refuses(stage):
    stage.begin(world.service("web"), world.service("api"))
    path, by = stage.policy(), ("--by", "a")
    for words, says in (
            (("--reason", "x", *by), "until when? --until 2h"),
            (("--until", "1h", *by), "why? --reason"),
            (("--until", "1h", "--reason", "  ", *by), "why? --reason"),
            (("--until", "soon", "--reason", "x", *by), "--until soon: write a span"),
            (("--until", "-2h", "--reason", "x", *by), "--until -2h: write a span"),
            (("--until", "2026-12-01", "--reason", "x", *by), "write a span such as 2h30m, or an instant"),
            (("--until", "2020-01-01T00:00:00Z", "--reason", "x", *by), "is over already"),
            (("--until", "0s", "--reason", "x", *by), "is over already"),
            (("--until", "1h", "--reason", "why, oh why", *by), "and not ','"),
            (("--until", "1h", "--reason", "x\ny", *by), "--reason: a tag takes letters"),
            (("--until", "1h", "--reason", "x", "--by", "a(b)"), "--by: a tag takes letters"),
            (("--until", "1h", "--reason", "caf\udce9", *by), "--reason is no UTF-8"),
            (("--until", "1h", "--reason", "x" * 257, *by), "257 bytes; a tag holds 256"),
            (("--release", "--until", "1h"), "--release does not go together"),
            (("--release", "--reason", "x"), "--release does not go together")):
        stage.fails("hold", "-p", path, *words, code=2, says=says)
    several = stage.folder.policy([("c", "web"), ("c", "api")], name="two.yaml")
    stage.fails("hold", "-p", several, "--until", "1h", "--reason", "x", *by, code=2, says="has several targets")
    stage.no_change()


def hold_of_a_policy_that_does_not_honour_it(stage):
    stage.begin(world.service("web"), world.service("asleep"))
    words = ("--until", "1h", "--reason", "x", "--by", "a")
    # The lets that read the tag are still there; the rule is not.
    without = stage.policy("web", extra="sleep: {remove: kept_awake}")
    for path, says in ((without, "does not look at the tag awake-until"),
                       (stage.folder.write("kill.yaml", KILL_ONLY), "has no sleep")):
        stage.fails("hold", "-p", path, "--service", "c/web", *words, code=1, says=says)
    stage.no_change()


def hold_of_a_sleeping_service(stage):
    stage.begin(world.service("web", desired=0))
    done = hold(stage, "--until", "1h", "--reason", "x", "--by", "a")
    expect("a hold does not wake it: drowse run wake" in done.err, done)
    expect("UpdateService" not in stage.aws.counts(), "it was woken")


def hold_takes_the_place_of_another(stage):
    stage.begin(world.service("web", tags=HELD))
    done = hold(stage, "--until", "1h", "--reason", "x", "--by", "bob")
    expect("takes the place of the hold until 2999-01-01T00:00:00Z (alice: load test)" in done.err, done)
    expect(tags(stage)["awake-by"] == "bob", "it was not replaced")
    stage.begin(world.service("web", tags={**HELD, "awake-until": "2020-01-01T00:00:00Z"}))
    expect(not hold(stage, "--until", "1h", "--reason", "x", "--by", "bob").err, "one that is over is none")


def hold_released(stage):
    stage.begin(world.service("web", tags=HELD))
    done = hold(stage, "--release")
    expect(done.out == "c/web is no longer kept awake\n" and not done.err, done)
    expect(tags(stage) == dict.fromkeys(HELD, ""), "tags")
    expect(stage.run("plan", "sleep", "-p", stage.policy(), "--detailed-exitcode", code=2), "it still is held")
    stage.begin(world.service("web"))
    expect(hold(stage, "--release").out == "c/web was not held\n", "nobody held it")
    expect(hold(stage, "--release", "--json").json() == {"cluster": "c", "service": "web", "held": False}, "json")
    stage.no_change()


def hold_that_aws_refuses(stage):
    stage.begin(world.service("web"), deny=["ecs:TagResource"])
    words = ("--until", "1h", "--reason", "x", "--by", "a")
    stage.fails("hold", "-p", stage.policy(), *words, code=4, says="TagResource of c/web: AccessDeniedException")
    stage.begin()
    stage.fails("hold", "-p", stage.policy(), *words, code=4, says="Cluster not found")
    stage.begin(world.service("web"), faults=[{"call": "TagResource", "kind": "500", "times": -1}])
    stage.fails("hold", "-p", stage.policy(), *words, code=3, says="TagResource of c/web", **world.QUICK)


# ---- plan, explain, run -----------------------------------------------------------------------------------------

def at_is_for_plan_and_explain(stage):
    stage.begin(world.service("web"))
    party = "{rule: party, when: now in new_year, message: Party}"
    path = stage.policy("web", extra="windows: {new_year: {dates: 2030-01-01, zone: UTC}}\n"
                                     f"sleep: {{before: idle, add: [{party}]}}")
    at = ("--at", "2030-01-01T12:00:00Z")
    expect("Party" in stage.run("plan", "sleep", "-p", path, *at).out, "plan does not look at --at")
    done = stage.run("explain", "sleep", "-p", path, *at)
    expect("by rule party" in done.out and "Now       2030-01-01T12:00:00Z" in done.out, done)
    expect("Party" not in stage.run("plan", "sleep", "-p", path).out, "it is no party")
    for command in (("run", "sleep"), ("status",), ("hold",), ("record",), ("invoke", "sleep")):
        stage.fails(*command, "-p", path, *at, code=2, says="this command has no option --at")
    stage.fails("plan", "-p", path, "--at", "noon", code=2, says="--at")
    stage.no_change()


def run_over_patterns(stage):
    stage.begin(world.service("web-1"), world.service("web-2"), world.service("web-old", status="DRAINING"),
                world.service("api"), world.service("web-agent", strategy="DAEMON"))
    path = stage.policy("web-*")
    stage.fails("run", "sleep", "-p", path, code=2, says="take them all with --all")
    done = stage.run("run", "sleep", "-p", path, "--all", "--dry-run")
    expect("dry run: nothing was changed" in done.err, done)
    stage.no_change()
    done = stage.run("run", "sleep", "-p", path, "--all")
    found = {entry["service"]: entry for entry in done.json()["results"]}
    expect({name for name in found if found[name]["action"] == "scaled_down"} == {"web-1", "web-2"}, done)
    expect(found.get("web-old", {"outcome": "passed"})["outcome"] == "passed" and "api" not in found, done)
    changed = sorted(call["target"] for call in stage.aws.calls("UpdateService"))
    expect(changed == ["c/web-1", "c/web-2"], changed)


def run_one_of_two_is_missing(stage):
    stage.begin(world.service("web"))
    done = stage.run("run", "sleep", "-p", stage.policy("web", "gone"), "--all", code=4)
    web, gone = done.json()["results"]
    expect(web["action"] == "scaled_down" and "MISSING" in gone["error"], done)
    expect(done.err.count("c/gone") == 1, "an error said more than once", done)


def exit_codes(stage):
    path = stage.policy()
    for words, code, world_more in (
            (("run", "sleep"), 0, {}), (("run", "wake"), 0, {}), (("plan",), 0, {}), (("explain", "sleep"), 0, {}),
            (("plan", "sleep", "--detailed-exitcode"), 2, {}),
            (("run", "sleep"), 3, {"faults": [{"call": "DescribeServices", "kind": "500", "times": -1}]}),
            (("run", "sleep"), 3, {"faults": [{"call": "GetMetricData", "kind": "throttling", "times": -1}]}),
            (("explain", "sleep"), 3, {"faults": [{"call": "DescribeServices", "kind": "reset", "times": -1}]}),
            (("plan", "sleep"), 3, {"faults": [{"call": "DescribeServices", "kind": "not_json", "times": -1}]}),
            (("plan", "sleep", "--detailed-exitcode"), 1, {"deny": ["ecs:DescribeServices"]}),
            (("run", "sleep"), 4, {"deny": ["cloudwatch:GetMetricData"]}),
            (("run", "sleep"), 4, {"deny": ["ecs:UpdateService"]}),
            (("run", "sleep", "--service", "c/other"), 4, {})):
        stage.begin(world.service("web"), **world_more)
        stage.run(*words, "-p", path, code=code, **world.QUICK)
    stage.begin()
    stage.run("run", "sleep", "-p", path, code=4)
    stage.begin(world.service("web"))
    stage.fails("run", "sleep", "-p", path, code=4, says="the secret key does not belong",
                AWS_SECRET_ACCESS_KEY="wrong")
    nobody = f"http://127.0.0.1:{world.free_port()}"
    stage.fails("run", "sleep", "-p", path, code=3, says="DescribeServices of c/web", AWS_ENDPOINT_URL=nobody,
                **world.QUICK)
    stage.fails("run", "sleep", "-p", path, code=2, says="no AWS region is set", AWS_REGION=None)


def kill_is_confirmed(stage):
    stage.begin(world.service("web"))
    stage.fails("run", "kill", "-p", stage.policy(), code=2, says="give --yes")
    expect(stage.run("run", "kill", "-p", stage.policy(), "--dry-run").json()["dryRun"] is True, "dry run")
    expect(stage.aws.counts() == {}, "something was sent", stage.aws.counts())
    done = stage.run("run", "kill", "-p", stage.policy(), "--yes")
    expect(done.json()["status"] == "killed" and stage.aws.counts() == {"UpdateService": 1}, done, stage.aws.counts())


def kill_is_confirmed_on_a_terminal(stage):
    for words, typed, code in (((), "web\n", 0), ((), "yes\n", 4), (("--all",), "2\n", 0), (("--all",), "web\n", 4)):
        stage.begin(world.service("web"), world.service("api"))
        path = stage.policy("*") if words else stage.policy()
        got, printed = terminal.run([world.DROWSE, "run", "kill", "-p", path, *words], stage.aws.environment(), typed)
        expect(got == code and "to go on: " in printed, got, printed)
        expect(("UpdateService" in stage.aws.counts()) == (code == 0), stage.aws.counts(), printed)


def nothing_steers_the_terminal(stage):
    """Tags are anybody's who may set them."""
    steering = "\x1b[2J\x07\x7f\x9b2J"
    stage.begin(world.service(tags={**HELD, "awake-by": steering, "awake-reason": "a\r" + steering}))
    for words in (["status"], ["plan"], ["explain", "sleep"], ["run", "sleep", "--dry-run"]):
        done = stage.run(*words, "-p", stage.policy())
        expect(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.all()), repr(done.all()))


def hold_that_comes_too_late(stage):
    """A sleep that had looked before lowers the service all the same: that must not go unsaid."""
    stage.aws.begin(world={"services": [world.service()], "metrics": world.idle_metrics()},
                    on=[{"call": "TagResource", "do": {"service": "c/web", "desired": 0}}])
    done = stage.run("hold", "-p", stage.policy(), "--until", "2h", "--reason", "why", "--by", "alice")
    expect("it is asleep, and a hold does not wake it" in done.err, done)


def dry_by_the_variable(stage):
    """The functions' shadow mode is one here too; what is not understood is not taken for "off"."""
    for behaviour in ("wake", "sleep", "kill"):
        stage.begin(world.service(desired=0 if behaviour == "wake" else 1))
        stage.run("run", behaviour, "-p", stage.policy(), DROWSE_DRY_RUN="1")
        stage.no_change()
        stage.fails("run", behaviour, "-p", stage.policy(), code=2, says="it must be 1 or 0", DROWSE_DRY_RUN="yes")
        stage.no_change()
    stage.begin(world.service())
    stage.run("run", "kill", "--yes", "-p", stage.policy(), DROWSE_DRY_RUN="0")
    expect("UpdateService" in stage.aws.counts(), stage.aws.counts())


def arns_of_other_accounts(stage):
    """A service of the same name here is not the one that the ARN means."""
    stage.begin(world.service())
    other = "arn:aws:ecs:eu-west-1:999999999999:service/c/web"
    stage.fails("run", "kill", "--yes", "-p", stage.policy(), "--service", other, code=4, says="of account 999999999999")
    stage.no_change()
    stage.run("run", "kill", "--yes", "-p", stage.policy(), "--service", other.replace("9" * 12, world.ACCOUNT))
    expect("UpdateService" in stage.aws.counts(), stage.aws.counts())


TESTS = [nothing_steers_the_terminal, hold_that_comes_too_late, dry_by_the_variable, arns_of_other_accounts,
         status_of_all_conditions, status_as_json, status_next_change_of_each_schedule,
         status_next_change_that_hangs_on_metrics, status_of_what_is_not_there,
         status_passes_over_what_takes_no_changes, status_of_a_policy_without_sleep,
         status_of_what_is_held_by_an_unknown, status_of_what_could_not_be_asked, hold_by_span, hold_until_an_instant,
         hold_names_who, hold_refuses, hold_of_a_policy_that_does_not_honour_it, hold_of_a_sleeping_service,
         hold_takes_the_place_of_another, hold_released, hold_that_aws_refuses, at_is_for_plan_and_explain,
         run_over_patterns, run_one_of_two_is_missing, exit_codes, kill_is_confirmed]
ON_TERMINALS = [kill_is_confirmed_on_a_terminal]


def main():
    tally, tests = world.Tally(), list(TESTS)
    if terminal.available():
        tests += ON_TERMINALS
    else:
        print("left out: what a kill asks on a terminal: this machine has no pseudo-terminals")
    with world.FakeAws() as aws, world.Folder() as folder:
        for test in tests:
            tally.run(test.__name__, test, Stage(aws, folder))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
