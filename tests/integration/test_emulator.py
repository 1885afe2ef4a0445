#!/usr/bin/env python3
"""The real bootstrap under AWS's Runtime Interface Emulator: what a caller of the function gets."""
import sys

from aws_world import ROOT, FakeAws, Tally, busy_metrics, clean_environment, expect, idle_metrics, policy_text, service
from bootstrap_world import Emulator, TaskRoot, emulator_missing

POLICIES = {"base.yaml": (ROOT / "policies/base.yaml").read_text(), "test.yaml": policy_text([("c", "web")])}


def world(metrics=None, **more):
    return {"services": [service(**more)], "metrics": metrics or idle_metrics()}


def function(aws, root, behaviour, **more):
    return Emulator(aws.environment(**root.function(behaviour, DROWSE_ENV="test", **more)))


def wakes_twice(aws, root):
    aws.begin(world(desired=0))
    with function(aws, root, "wake") as emulator:
        first, second = emulator.invoke({}), emulator.invoke({})
    expect(not first.failed and first.body["status"] == "waking" and first.body["desiredCount"] == 1, first)
    expect(not second.failed and second.body["status"] in ("starting", "already_running"), second)
    expect(aws.counts()["UpdateService"] == 1, aws.counts())


def sleeps(aws, root):
    aws.begin(world())
    with function(aws, root, "sleep") as emulator:
        first, second = emulator.invoke({}), emulator.invoke({})
    expect(not first.failed and first.body["action"] == "scaled_down", first, emulator.text())
    expect(not second.failed and second.body["action"] == "no_change", second)
    expect(aws.counts()["UpdateService"] == 1, aws.counts())


def leaves_the_active_alone(aws, root):
    aws.begin(world(busy_metrics()))
    with function(aws, root, "sleep") as emulator:
        answer = emulator.invoke({})
    expect(not answer.failed and answer.body["action"] == "no_change", answer)
    expect("UpdateService" not in aws.counts(), aws.counts())


def kills(aws, root):
    aws.begin(world())
    with function(aws, root, "kill") as emulator:
        answer = emulator.invoke({})
    expect(not answer.failed and answer.body["status"] == "killed", answer)
    expect(aws.counts() == {"UpdateService": 1}, aws.counts())


def keeps_its_process(aws, root):
    """Warm invocations and handler errors are served by the process of the first."""
    aws.begin(world())
    with function(aws, root, "kill") as emulator:
        expect(not emulator.invoke({}).failed, "the first invocation failed", emulator.text())
        before = emulator.pids()
        wrong = emulator.invoke({"cluster_name": "c", "service_name": "foreign"})
        right = emulator.invoke({})
        after = emulator.pids()
    expect(wrong.failed and wrong.body["errorType"] == "Function.Forbidden", wrong)
    expect(not right.failed and right.body["status"] == "killed", right)
    expect(len(before) == 1 and before == after, before, after)


def handler_errors(aws, root):
    aws.begin(world())
    with function(aws, root, "kill") as emulator:
        for event, error_type in ((b"this is no JSON", "Function.BadRequest"), (b"[1]", "Function.BadRequest"),
                                  ({"service_name": 5}, "Function.BadRequest"),
                                  ({"cluster_name": "x", "service_name": "web"}, "Function.Forbidden")):
            answer = emulator.invoke(event)
            expect(answer.failed and set(answer.body) == {"errorMessage", "errorType", "stackTrace"}, event, answer)
            expect(answer.body["errorType"] == error_type and answer.body["stackTrace"] == [], event, answer)
    expect(aws.counts() == {}, aws.counts())


def http_event(aws, root):
    aws.begin(world(desired=0))
    event = {"version": "2.0", "routeKey": "$default", "rawPath": "/", "headers": {}, "isBase64Encoded": False,
             "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "192.0.2.1"},
                                "domainName": "abc.lambda-url.eu-west-1.on.aws", "requestId": "r", "stage": "$default"}}
    with function(aws, root, "wake") as emulator:
        answer = emulator.invoke(event)
        wrong = emulator.invoke({**event, "body": "{\"service_name\": \"foreign\", \"cluster_name\": \"c\"}"})
    expect(answer.body["statusCode"] == 200 and "waking" in answer.body["body"], answer)
    expect(wrong.body["statusCode"] == 403, wrong)


def large_events(aws, root):
    """Almost 6 MB, more than which the emulator does not take: far more than a request needs."""
    aws.begin(world())
    with function(aws, root, "kill") as emulator:
        answer = emulator.invoke(b'{"padding": "' + b"x" * 6000000 + b'"}')
        after = emulator.invoke({})
    expect(answer.failed and answer.body["errorType"] == "Function.BadRequest", answer.text[:500])
    expect("6000015 bytes" in answer.body["errorMessage"], answer.text[:500])
    expect(not after.failed, after)


def init_errors(_, root):
    """The caller gets the init error, each time anew."""
    environment = clean_environment(AWS_REGION="eu-west-1", AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY="B")
    for more, error_type, word in (({"DROWSE_ENV": "none"}, "Runtime.InvalidPolicy", "policies/none.yaml"),
                                   ({"_HANDLER": "x"}, "Runtime.InvalidSettings", "drowse.wake"),
                                   ({"IDLE_THRESHOLD_MINUTES": "x"}, "Runtime.InvalidSettings", "IDLE_THRESHOLD_MINUTES")):
        with Emulator({**environment, **root.function("sleep", DROWSE_ENV="test"), **more}) as emulator:
            for _ in range(2):
                answer = emulator.invoke({})
                expect(answer.failed and answer.body["errorType"] == error_type, answer, emulator.text())
                expect(word in answer.body["errorMessage"], answer)


def its_log(aws, root):
    """Lines for people and machines: each of the function's is JSON with a level and a timestamp; no secret is there."""
    aws.begin(world())
    with function(aws, root, "sleep", LOG_LEVEL="TRACE") as emulator:
        emulator.invoke({})
        text, logs = emulator.text(), emulator.logs()
    expect(any(line.get("level") == "WARN" for line in logs), "no record of a change", text)
    expect(aws.secret not in text, "the secret is in the log")


def main():
    tally = Tally()
    missing = emulator_missing()
    if missing:
        print(f"left out: the bootstrap under the emulator: {missing}")
        return 0
    with FakeAws() as aws, TaskRoot(POLICIES) as root:
        for test in (wakes_twice, sleeps, leaves_the_active_alone, kills, keeps_its_process, handler_errors, http_event,
                     large_events, init_errors, its_log):
            tally.run(test.__name__, test, aws, root)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
