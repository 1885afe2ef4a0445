#!/usr/bin/env python3
"""The real bootstrap over a scripted Runtime API and a fake AWS: how it starts, serves and ends."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

from aws_world import FakeAws, Tally, busy_metrics, clean_environment, expect, idle_metrics, policy_text, service
from bootstrap_world import BOOTSTRAP, SANITIZERS, TaskRoot, run_script

EVENT = {"event": {}}
TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=%d"
STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
LEVELS = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
BASE = open(os.path.join(os.path.dirname(__file__), "../../policies/base.yaml"), encoding="utf-8").read()
ONE = policy_text([("c", "web")])


def world(metrics=None, **more):
    return {"services": [service(**more)], "metrics": metrics or idle_metrics()}


def policies(**more):
    return {"base.yaml": BASE, "test.yaml": ONE, **more}


def check_logs(done):
    """Each line of the log is one JSON object that Lambda can filter by its level."""
    for line in done.out.splitlines():
        value = json.loads(line)
        if "_aws" in value:
            continue  # metrics
        expect(value.get("level") in LEVELS and STAMP.match(value.get("timestamp", "")), "no line for Lambda", line)


# ---- one event, and many --------------------------------------------------------------------------------------


def serve(aws, script, behaviour, **more):
    with TaskRoot(policies()) as root:
        done = run_script(script, aws.environment(**root.function(behaviour, DROWSE_ENV="test", **more)))
    check_logs(done)
    return done


def kills(aws):
    aws.begin(world())
    done = serve(aws, [EVENT], "kill")
    expect(done.kinds() == ["invocation/response"] and done.posts[0].body["status"] == "killed", done)
    expect(aws.counts() == {"UpdateService": 1}, aws.counts())
    # The API is gone: that is how it ends, and not with 0.
    expect(done.code == 1 and done.summary["connections"] == 1, done)


def sleeps(aws):
    aws.begin(world())
    done = serve(aws, [EVENT], "sleep")
    expect(done.posts[0].body["action"] == "scaled_down", done)


def stays_awake_warm(aws):
    """Warm events are served over one connection, two calls each."""
    aws.begin(world(busy_metrics()))
    done = serve(aws, [{**EVENT, "repeat": 5}], "sleep")
    expect(done.kinds() == ["invocation/response"] * 5, done)
    expect(all(post.body["action"] == "no_change" for post in done.posts), done)
    expect(aws.counts() == {"DescribeServices": 5, "GetMetricData": 5}, aws.counts())
    expect(done.summary["connections"] == 1, done)


def wakes(aws):
    aws.begin(world(desired=0))
    done = serve(aws, [EVENT, EVENT], "wake")
    expect([post.body["status"] for post in done.posts][0] == "waking", done)
    expect(len(done.posts) == 2, done)


def answers_a_handler_error_and_goes_on(aws):
    aws.begin(world())
    done = serve(aws, [{"event_text": "this is no JSON"}, {"event": {"cluster_name": "c", "service_name": "foreign"}}, EVENT], "kill")
    expect(done.kinds() == ["invocation/error", "invocation/error", "invocation/response"], done)
    expect([post.error_type for post in done.posts] == ["Function.BadRequest", "Function.Forbidden", None], done)
    expect(all(set(post.body) == {"errorMessage", "errorType", "stackTrace"} for post in done.posts[:2]), done)


def passes_the_trace_on(aws):
    aws.begin(world())
    trace = TRACE % 0
    serve(aws, [{**EVENT, "headers": {"Lambda-Runtime-Trace-Id": trace}}], "kill")
    expect(aws.calls("UpdateService")[0]["trace"] == trace, aws.calls())


def takes_no_trace_for_one(aws):
    aws.begin(world())
    done = serve(aws, [{**EVENT, "headers": {"Lambda-Runtime-Trace-Id": None}}], "kill")
    expect(done.posts[0].body["status"] == "killed" and not aws.calls("UpdateService")[0]["trace"], aws.calls())


def sends_subsegments(aws):
    aws.begin(world())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(10)
        address = "127.0.0.1:%d" % daemon.getsockname()[1]
        serve(aws, [{**EVENT, "headers": {"Lambda-Runtime-Trace-Id": TRACE % 1}}], "kill",
              AWS_XRAY_DAEMON_ADDRESS=address)
        head, body = daemon.recv(65536).split(b"\n", 1)
        expect(json.loads(head) == {"format": "json", "version": 1}, head)
        segment = json.loads(body)
        expect(segment["trace_id"] == "1-5bef4de7-ad49b0e87f6ef6c87fc2e700" and segment["type"] == "subsegment", segment)
        # Not sampled: nothing is sent, and what came since would be here.
        serve(aws, [{**EVENT, "headers": {"Lambda-Runtime-Trace-Id": TRACE % 0}}], "kill",
              AWS_XRAY_DAEMON_ADDRESS=address)
        daemon.setblocking(False)
        try:
            more = daemon.recv(65536)
            raise AssertionError(f"a datagram of a trace that is not sampled: {more}")
        except BlockingIOError:
            pass


def works_without_a_trace_daemon(aws):
    aws.begin(world())
    for address in ("", "nobody", "127.0.0.1:", "xray.example:2000", "127.0.0.1:1", "[::1]:2000", "127.0.0.1:99999999"):
        done = serve(aws, [{**EVENT, "headers": {"Lambda-Runtime-Trace-Id": TRACE % 1}}], "kill",
                     AWS_XRAY_DAEMON_ADDRESS=address)
        expect(done.posts[0].kind == "invocation/response", address, done)


def takes_six_megabytes(aws):
    aws.begin(world())
    done = serve(aws, [{"event_bytes": 6291456}, {"event_bytes": 6400000}, EVENT], "kill")
    expect([post.error_type for post in done.posts] == ["Function.BadRequest", "Function.EventTooLarge", None], done)
    expect("6291456 bytes" in done.posts[0].body["errorMessage"], done)


def keeps_serving_without_a_log(aws):
    """Where standard output takes nothing, functions still function."""
    aws.begin(world())
    with open("/dev/full", "wb") as full, TaskRoot(policies()) as root:
        done = run_script([EVENT, EVENT], aws.environment(**root.function("kill", DROWSE_ENV="test")), stdout=full)
    expect(done.kinds() == ["invocation/response"] * 2, done)


def says_everything_in_whole_lines(aws):
    """Through a pipe that is read slowly, lines of a debug log are whole."""
    aws.begin(world(busy_metrics()))
    with TaskRoot(policies()) as root:
        environment = aws.environment(**root.function("sleep", DROWSE_ENV="test", LOG_LEVEL="DEBUG"))
        reading, writing = os.pipe()
        reader = subprocess.Popen([sys.executable, "-c", "import sys,time\ntime.sleep(0.5)\n"
                                   "sys.stdout.buffer.write(sys.stdin.buffer.read())"], stdin=reading,
                                  stdout=subprocess.PIPE)
        os.close(reading)
        with os.fdopen(writing, "wb") as out:
            run_script([{**EVENT, "repeat": 200}], environment, stdout=out)
        text = reader.communicate(timeout=30)[0].decode()
    lines = text.splitlines()
    expect(len(lines) > 400 and text.endswith("\n"), len(lines))
    for line in lines:
        json.loads(line)


# ---- what the Runtime API may do ------------------------------------------------------------------------------

# A script, what is posted, the exit code, and what the log says.
FAULTS = {
    "/next closed while waiting": ([EVENT, {"next": "close", "delay_ms": 50}, EVENT], 2, 1, ""),
    "/next reset while waiting": ([EVENT, {"next": "reset", "delay_ms": 50}, EVENT], 2, 1, ""),
    "/next 500": ([EVENT, {"next": 500}, EVENT], 1, 1, "200 was due: 500"),
    "/next 400 once": ([EVENT, {"next": 400}, EVENT], 2, 1, "200 was due: 400"),
    "/next 403 twice": ([EVENT, {"next": 403, "repeat": 2}, EVENT], 1, 1, "200 was due: 403"),
    "/next 429 once": ([EVENT, {"next": 429}, EVENT], 2, 1, "200 was due: 429"),
    "/next truncated": ([EVENT, {"event": {}, "next": "cut"}, EVENT], 2, 1, "cut short"),
    "/next not HTTP": ([EVENT, {"next": "garbage"}, EVENT], 2, 1, "no event"),
    "/next without a request id": ([{"event": {}, "headers": {"Lambda-Runtime-Aws-Request-Id": None}}, EVENT], 1, 1,
                                   "Request-Id is missing"),
    "/next not JSON": ([{"event_text": "{\"a\":"}, EVENT], 2, 1, ""),
    "/next of wrong types": ([{"event_text": "[1, 2]"}, EVENT], 2, 1, ""),
    "/next empty": ([{"event_text": ""}, EVENT], 2, 1, ""),
    "/next past its deadline": ([{"event": {}, "deadline_ms": -1000}, EVENT], 2, 1, ""),
    "/response 400": ([{**EVENT, "answer": 400}, EVENT], 2, 1, "was not accepted"),
    "/response 403": ([{**EVENT, "answer": 403}, EVENT], 2, 1, "it came too late, or twice"),
    "/response 413": ([{**EVENT, "answer": 413}, EVENT], 2, 1, "it is too large"),
    "/response 500": ([{**EVENT, "answer": 500}, EVENT], 1, 1, "was not accepted"),
    "/response closed": ([{**EVENT, "answer": "close"}, EVENT], 3, 1, "it came too late, or twice"),
    "/response reset": ([{**EVENT, "answer": "reset"}, EVENT], 3, 1, "it came too late, or twice"),
}


def fault(aws, name):
    script, posts, code, log = FAULTS[name]
    aws.begin(world())
    with TaskRoot(policies()) as root:
        done = run_script(script, aws.environment(**root.function("kill", DROWSE_ENV="test")), wait_for_summary=False)
    check_logs(done)
    expect(len(done.posts) == posts and done.code == code, done)
    expect(log in done.out, f"the log lacks {log!r}", done)


# ---- starting -------------------------------------------------------------------------------------------------

TWO_FAULTS = "policy: 1\nname: x\nextends: base.yaml\ntargets: [{cluster: c, service: s}]\nnonsense: 1\nlimits: {max_count: -3}\n"
# Variables (None: not set), policies, and what the posted error must hold.
INIT_ERRORS = {
    "no handler": ({"_HANDLER": None}, policies(), "Runtime.InvalidSettings", ["drowse.wake, drowse.sleep or drowse.kill"]),
    "no behaviour": ({"_HANDLER": "bootstrap"}, policies(), "Runtime.InvalidSettings", ["DROWSE_BEHAVIOUR"]),
    "wrong behaviour": ({"_HANDLER": "bootstrap", "DROWSE_BEHAVIOUR": "sing"}, policies(), "Runtime.InvalidSettings",
                        ["DROWSE_BEHAVIOUR is 'sing'"]),
    "no policies": ({"DROWSE_ENV": None}, {}, "Runtime.InvalidPolicy", ["has no policy"]),
    "two policies, none named": ({"DROWSE_ENV": None}, policies(), "Runtime.InvalidPolicy",
                                 ["2 policies (base.yaml, test.yaml)", "DROWSE_ENV"]),
    "a policy of another name": ({"DROWSE_ENV": "staging"}, policies(), "Runtime.InvalidPolicy",
                                 ["policies/staging.yaml", "no such file"]),
    "an environment that is a path": ({"DROWSE_ENV": "../x"}, policies(), "Runtime.InvalidPolicy", ["must be a plain name"]),
    "a wrong DROWSE_POLICY": ({"DROWSE_POLICY": "policies/none.yaml"}, policies(), "Runtime.InvalidPolicy", ["none.yaml"]),
    "a policy with two faults": ({"DROWSE_ENV": "broken"}, policies(**{"broken.yaml": TWO_FAULTS}), "Runtime.InvalidPolicy",
                                 ["broken.yaml:5:1: error: ", "broken.yaml:6:"]),
    "no region": ({"AWS_REGION": None}, policies(), "Runtime.InvalidSettings", ["AWS_REGION"]),
    "a CA bundle that is not there": ({"AWS_CA_BUNDLE": "/none.pem"}, policies(), "Runtime.InvalidSettings", ["/none.pem"]),
    "a param out of bounds": ({"IDLE_THRESHOLD_MINUTES": "1"}, policies(), "Runtime.InvalidSettings",
                              ["IDLE_THRESHOLD_MINUTES"]),
}


def init_error(name, script=()):
    variables, files, error_type, words = INIT_ERRORS[name]
    with TaskRoot(files) as root:
        environment = clean_environment(AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY="B")
        environment.update(root.function("sleep", DROWSE_ENV="test"), AWS_REGION="eu-west-1")
        environment.update(variables)
        done = run_script(list(script), {key: value for key, value in environment.items() if value is not None})
    check_logs(done)
    expect(done.code == 1 and done.kinds() == ["init/error"] and len(done.requests) == 1, done)
    expect(done.posts[0].error_type == error_type and done.posts[0].body["errorType"] == error_type, done)
    for word in words:
        expect(word in done.posts[0].body["errorMessage"], f"{word!r} is not in the error", done)
    expect(any(line["level"] == "ERROR" for line in done.logs()), "nothing in the log", done)


def init_error_refused():
    for code in (403, 500):
        init_error("no behaviour", [{"answer": code}])


def no_runtime_api():
    for address, words in ((None, b"is not set"), ("", b"is not set"), ("host", b"must be host:port"),
                           ("a@b:1", b"must be host:port")):
        env = {**clean_environment(), **SANITIZERS, **({} if address is None else {"AWS_LAMBDA_RUNTIME_API": address})}
        done = subprocess.run([BOOTSTRAP], env=env, capture_output=True, timeout=30, check=False)
        expect(done.returncode == 1 and b"AWS_LAMBDA_RUNTIME_API" in done.stderr and words in done.stderr, address, done)


# ---- which policy, which zones --------------------------------------------------------------------------------


def killed(aws, root, **more):
    aws.begin({"services": [service(), service("other")]})
    environment = {**aws.environment(), **root.function("kill", DROWSE_ENV=None), **more}
    done = run_script([EVENT], {key: value for key, value in environment.items() if value is not None})
    expect(done.posts[0].kind == "invocation/response", done)
    return done


def the_only_policy(aws):
    text = ONE.replace("extends: base.yaml", "kill:\n  - {rule: kill, scale_to: 0, status: killed, message: only}")
    with TaskRoot({"mine.yml": text, ".hidden.yaml": "x", "notes.txt": "x"}) as root:
        expect(killed(aws, root).posts[0].body["message"] == "only")


def the_policy_named_by_its_path(aws):
    with TaskRoot(policies()) as root:
        root.write("elsewhere/two.yaml", policy_text([("c", "other")]).replace("base.yaml", "../policies/base.yaml"))
        for path in ("elsewhere/two.yaml", root.path / "elsewhere/two.yaml"):
            # It wins over DROWSE_ENV.
            killed(aws, root, DROWSE_POLICY=path, DROWSE_ENV="test")
            expect(aws.calls("UpdateService")[0]["target"] == "c/other", aws.calls())


def zones_of_the_bundle(aws):
    """A zone that only the bundle has; and one that only the system has is not looked for beside it."""
    window = 'windows:\n  office: {days: mon-sun, from: "00:00", to: "24:00", zone: %s}\n'
    with TaskRoot(policies(**{"zoned.yaml": ONE + window % "Test/Bundled"})) as root:
        (root.path / "zoneinfo/Test").mkdir(parents=True)
        shutil.copy("/usr/share/zoneinfo/Europe/London", root.path / "zoneinfo/Test/Bundled")
        killed(aws, root, DROWSE_ENV="zoned")
    with TaskRoot(policies(**{"zoned.yaml": ONE + window % "Europe/London"})) as root:
        killed(aws, root, DROWSE_ENV="zoned")


def loads_the_policy_once(aws):
    """What happens to the file between events is no matter."""
    aws.begin(world())
    with TaskRoot(policies()) as root:
        environment = aws.environment(**root.function("kill", DROWSE_ENV="test"))
        script = [EVENT, {**EVENT, "delay_ms": 1500}]
        breaker = threading.Timer(0.7, lambda: root.write("policies/test.yaml", "broken: ["))
        breaker.start()
        started = time.monotonic()
        done = run_script(script, environment)
        breaker.join()
    expect(time.monotonic() - started >= 1.5 and done.kinds() == ["invocation/response"] * 2, done)


def every_shipped_policy(aws):
    with TaskRoot() as root:
        for name in ("production", "development", "cost-optimized"):
            aws.begin({"services": [service("fluidity-server", "fluidity")]})
            done = run_script([EVENT], aws.environment(**root.function("kill", DROWSE_ENV=name)))
            expect(done.posts[0].kind == "invocation/response", name, done)


def main():
    tally = Tally()
    with FakeAws() as aws:
        for test in (kills, sleeps, stays_awake_warm, wakes, answers_a_handler_error_and_goes_on, passes_the_trace_on,
                     takes_no_trace_for_one, sends_subsegments, works_without_a_trace_daemon, takes_six_megabytes,
                     keeps_serving_without_a_log, says_everything_in_whole_lines, the_only_policy,
                     the_policy_named_by_its_path, zones_of_the_bundle, loads_the_policy_once, every_shipped_policy):
            tally.run(test.__name__, test, aws)
        for name in FAULTS:
            tally.run(name, fault, aws, name)
    for name in INIT_ERRORS:
        tally.run(f"init error: {name}", init_error, name)
    tally.run("init error refused", init_error_refused)
    tally.run("no runtime API", no_runtime_api)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
