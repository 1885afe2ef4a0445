#!/usr/bin/env python3
"""Whole stories, each through the command line and through the bootstrap under AWS's emulator, on moto, which checks
real signatures; what hangs on the order of calls within one run is told on the fake AWS."""
import contextlib
import dataclasses
import datetime
import json
import os
import sys

import aws_world as world
import bootstrap_world
import moto_world
from aws_world import expect
from moto_world import CLUSTER, OTHER, SERVICE


@dataclasses.dataclass
class Seen:
    """What came of one request, told alike by command line and function."""
    http: object  # the status code; None: a command line has none
    code: object  # the exit code; None: a function has none
    body: dict
    text: str     # all that was said

    def expect(self, http, code, **fields):
        expect(self.http in (None, http), f"HTTP {http} is due, not {self.http}", self.text[-1500:])
        expect(self.code in (None, code), f"exit code {code} is due, not {self.code}", self.text[-1500:])
        for name, value in fields.items():
            expect(self.body.get(name) == value, f"{name} must be {value!r}", self.body, self.text[-1500:])
        return self

    def says(self, *parts):
        for part in parts:
            expect(part in self.text, f"must say {part!r}", self.text[-1500:])
        return self


class CommandLine:
    """drowse as a person or a script calls it."""
    name = "command line"

    def __init__(self, aws, folder, policy):
        self.aws, self.folder, self.policy = aws, folder, policy

    def ask(self, behaviour, request=None, dry_run=False, everything=False, **more):
        words = ["run", behaviour, "--policy", self.policy, "--json"]
        words += ["--yes"] if behaviour == "kill" else []
        words += ["--dry-run"] if dry_run else []
        words += ["--all"] if everything else ["--request", json.dumps(request or {})]
        done = self.aws.drowse(*words, **more)
        body = json.loads(done.out) if done.out.strip() else {}
        return Seen(None, done.code, body, done.all())

    def close(self):
        pass


class Function:
    """The bootstrap as Lambda runs it, asked through a Function URL, or by a schedule."""
    name = "function"

    def __init__(self, aws, folder, policy):
        self.aws, self.folder, self.policy = aws, folder, policy
        self.root = bootstrap_world.TaskRoot(
            {name: (folder.path / name).read_text() for name in ("base.yaml", "policy.yaml")})
        self.running = {}

    def start(self, behaviour, dry_run, more):
        key = (behaviour, dry_run, tuple(sorted(more.items())))
        if key not in self.running:
            env = self.aws.environment(**self.root.function(behaviour, DROWSE_ENV=None), **more,
                                       DROWSE_POLICY="policies/policy.yaml", DROWSE_DRY_RUN="1" if dry_run else None)
            emulator = bootstrap_world.Emulator(env)
            self.running[key] = emulator
            emulator.start()
        return self.running[key]

    def ask(self, behaviour, request=None, dry_run=False, everything=False, **more):
        function = self.start(behaviour, dry_run, more)
        seen = len(function.lines)
        answer = function.invoke(schedule() if everything else function_url(behaviour, request or {}))
        log = "\n".join(function.lines_of_invocation(seen))
        if answer.failed or everything:
            return Seen("function error" if answer.failed else 200, None, answer.body, answer.text + log)
        return Seen(answer.body["statusCode"], None, json.loads(answer.body["body"]), answer.text + log)

    def close(self):
        for emulator in self.running.values():
            emulator.stop()
        self.root.folder.cleanup()


def function_url(behaviour, request):
    http = {"method": "POST", "path": f"/{behaviour}", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
            "userAgent": "agent/1.0"}
    return {"version": "2.0", "routeKey": "$default", "rawPath": f"/{behaviour}", "rawQueryString": "",
            "headers": {"content-type": "application/json"}, "isBase64Encoded": False, "body": json.dumps(request),
            "requestContext": {"accountId": world.ACCOUNT, "apiId": "x", "domainName": "x.lambda-url.eu-west-1.on.aws",
                               "domainPrefix": "x", "http": http, "requestId": "id", "routeKey": "$default",
                               "stage": "$default", "time": "23/Nov/2026:06:35:36 +0000", "timeEpoch": 1795415736000}}


def schedule():
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": world.ACCOUNT, "time": now, "region": world.REGION, "detail": {},
            "resources": ["arn:aws:events:eu-west-1:123456789012:rule/sleep"]}


# ---- stories on moto ----------------------------------------------------------------------------------------


def story_wake_from_zero(stage):
    stage.build({SERVICE: 0})
    stage.ask("wake").expect(200, 0, status="waking", desiredCount=1)
    expect(stage.world.desired() == 1, "not woken")
    expect("drowse-wake" in stage.world.tags(), "no wake mark", stage.world.tags())


def story_wake_twice(stage):
    stage.build({SERVICE: 0})
    stage.ask("wake").expect(200, 0, status="waking")
    first = stage.world.tags()["drowse-wake"]
    stage.ask("wake").expect(200, 0, status="already_running", desiredCount=1, runningCount=1)
    expect(stage.world.desired() == 1, "woken to more than one")
    expect(stage.world.calls().count("UpdateService") == 1, "once is enough")
    expect(stage.world.tags()["drowse-wake"] >= first, "the mark goes back")


def story_sleep_when_idle(stage):
    stage.build({SERVICE: 1}, {SERVICE: 0})
    seen = stage.ask("sleep").expect(200, 0, action="scaled_down", desiredCount=0, runningCount=1,
                                     avgActiveConnections=0)
    expect(7200 <= seen.body["idleDurationSeconds"] < 7300, seen.body)
    expect(stage.world.calls() == ["DescribeServices", "GetMetricData", "DescribeServices", "UpdateService",
                                   "DescribeServices"], "the order of calls")
    expect(stage.world.desired() == 0, "not slept")


def story_sleep_when_active(stage):
    stage.build({SERVICE: 1}, {SERVICE: 3})
    stage.ask("sleep").expect(200, 0, action="no_change", desiredCount=1, avgActiveConnections=3)
    expect(stage.world.calls() == ["DescribeServices", "GetMetricData"], "the order of calls")
    expect(stage.world.desired() == 1, "slept")


def story_sleep_without_metrics(stage):
    stage.build({SERVICE: 1})
    stage.ask("sleep").expect(200, 0, action="no_change", desiredCount=1, avgActiveConnections=None)
    expect(stage.world.desired() == 1, "slept")


def story_sleep_when_stopped(stage):
    stage.build({SERVICE: 0}, {SERVICE: 0})
    stage.ask("sleep").expect(200, 0, action="no_change", desiredCount=0)
    expect(stage.world.calls() == ["DescribeServices"], "a stopped service costs nothing at CloudWatch")


def story_kill(stage):
    stage.build({SERVICE: 1}, {SERVICE: 3})
    stage.ask("kill").expect(200, 0, status="killed", desiredCount=0)
    expect(stage.world.calls() == ["UpdateService"], "a kill sends UpdateService and nothing else")
    expect(stage.world.desired() == 0, "not killed")


def story_kill_twice(stage):
    stage.build({SERVICE: 1})
    stage.ask("kill").expect(200, 0, status="killed", desiredCount=0)
    stage.ask("kill").expect(200, 0, status="killed", desiredCount=0)
    expect(set(stage.world.calls()) == {"UpdateService"} and stage.world.desired() == 0, "not killed")


def story_hold_set_and_released(stage):
    stage.build({SERVICE: 1}, {SERVICE: 0})
    hold = ["hold", "--policy", stage.policy]
    done = stage.aws.drowse(*hold, "--until", "2h", "--reason", "load test", "--by", "alice")
    expect(done.code == 0, done)
    stage.ask("sleep").expect(200, 0, action="no_change", desiredCount=1).says("alice", "load test")
    done = stage.aws.drowse(*hold, "--release")
    expect(done.code == 0, done)
    stage.ask("sleep").expect(200, 0, action="scaled_down", desiredCount=0)
    expect(stage.world.desired() == 0, "not slept after the release")


def story_shadow_mode(stage):
    stage.build({SERVICE: 1}, {SERVICE: 0})
    stage.ask("sleep", dry_run=True).expect(200, 0, action="scaled_down")
    stage.ask("kill", dry_run=True).expect(200, 0, status="killed")
    expect("UpdateService" not in stage.world.calls() and stage.world.desired() == 1, "changed in shadow mode")
    stage.ask("wake", dry_run=True).expect(200, 0, status="already_running")
    expect("TagResource" not in stage.world.calls(), "tagged in shadow mode")


def story_override_to_an_allowed_service(stage):
    stage.build({SERVICE: 0, OTHER: 0}, targets=[SERVICE, OTHER])
    stage.ask("wake", {"cluster_name": CLUSTER, "service_name": OTHER}).expect(200, 0, status="waking")
    expect((stage.world.desired(SERVICE), stage.world.desired(OTHER)) == (0, 1), "the other one was meant")


def story_override_to_a_foreign_service(stage):
    stage.build({SERVICE: 0, OTHER: 0})
    stage.ask("wake", {"cluster_name": CLUSTER, "service_name": OTHER}).expect(403, 4)
    expect(stage.world.calls() == [], "a foreign service was looked at")
    expect(stage.world.desired(OTHER) == 0, "a foreign service was woken")


def story_empty_request_to_two_services(stage):
    stage.build({SERVICE: 1, OTHER: 1}, {SERVICE: 0, OTHER: 0}, targets=[SERVICE, OTHER])
    for behaviour in ("kill", "sleep"):
        stage.ask(behaviour, {}).expect(400, 2)
    expect(stage.world.calls() == [], "something was touched")
    expect((stage.world.desired(SERVICE), stage.world.desired(OTHER)) == (1, 1), "something was lowered")


def story_thresholds(stage):
    stage.build({SERVICE: 1}, {SERVICE: 0})
    stage.ask("sleep", {"idle_threshold_mins": 180}).expect(200, 0, action="no_change", desiredCount=1)
    for wrong in ({"idle_threshold_mins": 1}, {"idle_threshold_mins": 1441}, {"lookback_period_mins": 1},
                  {"lookback_period_mins": 181}, {"idle_threshold_mins": -5}, {"idle_threshold_mins": "15"}):
        stage.world.calls()
        stage.ask("sleep", wrong).expect(400, 2).says(*wrong)
        expect(stage.world.calls() == [], f"{wrong} reached AWS")
    expect(stage.world.desired() == 1, "slept")
    stage.ask("sleep", {"idle_threshold_mins": 60, "lookback_period_mins": 20}).expect(200, 0, action="scaled_down")


def story_unknown_service(stage):
    stage.build({OTHER: 1})
    for behaviour in ("wake", "sleep", "kill"):
        stage.ask(behaviour).expect(404, 4).says(SERVICE)


def story_unknown_cluster(stage):
    stage.build({SERVICE: 1}, cluster="nowhere")
    for behaviour in ("wake", "sleep", "kill"):
        stage.ask(behaviour).expect(404, 4).says("nowhere", "ClusterNotFoundException")


def story_one_of_two_is_missing(stage):
    stage.build({SERVICE: 1}, {SERVICE: 0}, targets=[SERVICE, "missing"])
    stage.ask("sleep", everything=True).expect("function error", 4).says("missing")
    expect(stage.world.desired() == 0, "the one that is there was not slept")


def story_wrong_secret(stage):
    stage.build({SERVICE: 1}, {SERVICE: 0})
    right, stage.aws.secret = stage.aws.secret, "wrong" * 8
    try:
        seen = stage.ask("sleep").expect(502, 4)
        seen.says("SignatureDoesNotMatch", "the secret key does not belong to the access key")
        stage.ask("kill").expect(502, 4)
    finally:
        stage.aws.secret = right
    expect("wrongwrong" not in seen.text and right not in seen.text, "a secret was said")
    expect(stage.world.desired() == 1, "lowered by somebody unknown")


# ---- stories on the fake: what happens within one run -------------------------------------------------------


def fake_world(**more):
    return {"services": [world.service(SERVICE, CLUSTER, **more)], "metrics": world.idle_metrics()}


def fake_desired(aws):
    return json.loads(world.ask(aws.url + "/control/services"))[f"{CLUSTER}/{SERVICE}"]["desired"]


def fake_wake_before_the_lowering(stage):
    """Between a sleep's gather and its apply the service is woken: its wake mark moves."""
    move = {"service": f"{CLUSTER}/{SERVICE}", "woken": True}
    stage.aws.begin(world=fake_world(), on=[{"call": "GetMetricData", "do": move}])
    stage.ask("sleep").expect(200, 0, outcome="superseded", action="no_change", desiredCount=1)
    expect("UpdateService" not in stage.aws.counts(), "lowered all the same", stage.aws.counts())


def fake_start_before_the_lowering(stage):
    """The same by an event, by a deployment, and by another's count."""
    name = f"{CLUSTER}/{SERVICE}"
    for move in ({"event": f"(service {SERVICE}) has started 1 tasks: (task x)."}, {"deploy": True}, {"desired": 2}):
        stage.aws.begin(world=fake_world(), on=[{"call": "GetMetricData", "do": {"service": name, **move}}])
        stage.ask("sleep").expect(200, 0, outcome="superseded")
        expect("UpdateService" not in stage.aws.counts(), f"{move}: lowered all the same", stage.aws.counts())


def fake_wake_after_the_lowering(stage):
    """Just after the lowering comes a wake: the former count is put back."""
    stage.aws.begin(world=fake_world(desired=2), on=[{"call": "UpdateService", "do": {
        "service": f"{CLUSTER}/{SERVICE}", "woken": True}}])
    stage.ask("sleep").expect(200, 0, outcome="restored", action="no_change", desiredCount=2)
    expect(stage.aws.counts()["UpdateService"] == 2 and fake_desired(stage.aws) == 2, "not put back",
           stage.aws.counts())


def fake_lag(stage):
    """Metrics that come two minutes late are no gap; ten minutes late they are unknown, and nobody sleeps."""
    stage.aws.begin(world={**fake_world(), "lag_s": 110})
    stage.ask("sleep").expect(200, 0, action="scaled_down")
    stage.aws.begin(world={**fake_world(), "lag_s": 600})
    stage.ask("sleep").expect(200, 0, action="no_change", desiredCount=1)


def fake_draining(stage):
    for status in ("DRAINING", "INACTIVE"):
        stage.aws.begin(world=fake_world(status=status))
        stage.ask("sleep").expect(409, 4).says(status)
        expect("UpdateService" not in stage.aws.counts(), f"{status}: touched", stage.aws.counts())
    stage.aws.begin(world=fake_world(strategy="DAEMON"))
    stage.ask("kill").expect(409, 4)


def fake_secrets(stage):
    """No secret in what is said, however much is said."""
    stage.aws.begin(world={**fake_world(), "token": "very/secret+token=="})
    stage.aws.token = "very/secret+token=="
    try:
        stage.ask("sleep", LOG_LEVEL="TRACE", AWS_LAMBDA_LOG_LEVEL="TRACE").expect(200, 0, action="scaled_down")
        stage.aws.begin(world={**fake_world(), "token": "other"})
        seen = stage.ask("sleep", LOG_LEVEL="TRACE", AWS_LAMBDA_LOG_LEVEL="TRACE").expect(502, 4)
    finally:
        stage.aws.token = None
    for secret in (stage.aws.secret, "very/secret+token==", "AWS4-HMAC"):
        expect(secret not in seen.text, f"{secret} was said")


# ---- the stage ----------------------------------------------------------------------------------------------


class Stage:
    """One story by one means: a world, a policy, and the means to ask."""

    def __init__(self, means, aws, folder, clients):
        self.means, self.aws, self.folder, self.asker = means, aws, folder, None
        self.world = moto_world.MotoWorld(aws, clients) if clients else None
        self.write_policy([SERVICE], CLUSTER)

    def write_policy(self, targets, cluster):
        self.policy = self.folder.policy(targets=[(cluster, name) for name in targets])

    def build(self, services, metrics=None, targets=(SERVICE,), cluster=CLUSTER):
        self.write_policy(targets, cluster)
        self.world.build(services, metrics)

    def ask(self, behaviour, request=None, **more):
        # A function keeps the keys that it was started with.
        if self.asker and self.asked_with != (self.aws.key, self.aws.secret, self.aws.token):
            self.close()
        if not self.asker:
            self.asker = self.means(self.aws, self.folder, self.policy)
            self.asked_with = (self.aws.key, self.aws.secret, self.aws.token)
        return self.asker.ask(behaviour, request, **more)

    def close(self):
        if self.asker:
            self.asker.close()
        self.asker = None


HELPERS = ("fake_world", "fake_desired")


def tell(story, means, aws, folder, clients):
    stage = Stage(means, aws, folder, clients)
    try:
        story(stage)
    finally:
        stage.close()


def tell_all(tally, aws, prefix, means, clients=None):
    only = sys.argv[1:]
    for name, story in sorted(globals().items()):
        if not name.startswith(prefix) or name in HELPERS or (only and name not in only):
            continue
        for one in means:
            with world.Folder() as folder:
                tally.run(f"{name}, {one.name}", tell, story, one, aws, folder, clients)


def main():
    moto_world.enter_venv("stories on moto")
    tally = world.Tally()
    means = [CommandLine]
    missing = bootstrap_world.emulator_missing()
    if missing:
        print(f"left out: stories through the function: {missing}")
    else:
        means.append(Function)
    with world.FakeAws() as aws:
        tell_all(tally, aws, "fake_", means)
    with contextlib.ExitStack() as stack:
        if not os.environ.get("FAKETIME"):
            print("left out: stories on moto: there is no libfaketime to move its clock (make servers)")
        else:
            moto = stack.enter_context(world.Moto(sys.executable))
            tell_all(tally, moto, "story_", means, moto_world.Clients(moto))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
