"""Events in, answers out, through `drowse invoke --state`: the cases of tests/cases/handler.

A case: `event` is a file of examples/events, a text as it stands, or any other JSON; `state` a file of examples/states
or a state; `code` the exit code; `reply` what is answered (the body of an HTTP answer parsed; null: nothing), where
{"contains": x} stands for a text with x in it and {"any": true} for anything; `after` the desired counts afterwards;
`tags` keys that the services then have; `log` and `silent` what stands on stderr, and what does not.
Every event of examples/events must be in a case. No secret of an event or of the environment reaches any output, at the
most verbose level.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse"))
EVENTS = os.path.join(TOP, "examples", "events")
POLICY = "policies/production.yaml"
SECRET_NAMES = ("authorization", "cookie", "cookies", "x-api-key", "x-amz-security-token", "apikey", "accesskey")
SECRETS = {"AWS_ACCESS_KEY_ID": "AKIAPLANTEDEXAMPLE00", "AWS_SECRET_ACCESS_KEY": "planted-secret-key",
           "AWS_SESSION_TOKEN": "planted-session-token", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "planted-container-token"}


def matches(got, wanted):
    if isinstance(wanted, dict) and set(wanted) == {"contains"}:
        return isinstance(got, str) and wanted["contains"] in got
    if isinstance(wanted, dict) and set(wanted) == {"any"}:
        return True
    if isinstance(wanted, dict):
        return isinstance(got, dict) and list(got) == list(wanted) and all(matches(got[k], wanted[k]) for k in wanted)
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(matches, got, wanted))
    return isinstance(got, bool) == isinstance(wanted, bool) and got == wanted


def event_path(case, folder):
    event = case["event"]
    if isinstance(event, str) and event.endswith(".json"):
        return os.path.join(EVENTS, event)
    path = os.path.join(folder, "event.json")
    with open(path, "w", encoding="utf-8") as out:
        out.write(event if isinstance(event, str) else json.dumps(event))
    return path


def write_state(case, path):
    state = case["state"]
    if isinstance(state, str):
        with open(os.path.join(TOP, "examples", "states", state + ".json"), encoding="utf-8") as source:
            state = json.load(source)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(state, out)


def invoke(behaviour, path, state, environment):
    return subprocess.run([DROWSE, "invoke", behaviour, "-e", path, "-p", POLICY, "-s", state, "--request-id", "test-1"],
                          cwd=TOP, text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL,
                          env=dict({"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, **environment))


def parsed_reply(text):
    if not text:
        return None
    if text.count("\n") != 1 or not text.endswith("\n"):
        raise ValueError("the reply is not one line")
    reply = json.loads(text)
    if isinstance(reply, dict) and "statusCode" in reply:
        reply["body"] = json.loads(reply["body"])
    return reply


def log_faults(case, done):
    found = []
    for line in done.stderr.splitlines():
        if not line.startswith("drowse: ") and not isinstance(json.loads(line), dict):
            found.append("a line of the log is no JSON object: " + line)
    found += ["the log lacks " + part for part in case.get("log", []) if part not in done.stderr]
    found += ["the log has " + part for part in case.get("silent", []) if part in done.stderr]
    if done.stdout and '"_aws"' not in done.stderr.splitlines()[-1]:
        found.append("the last line of the log is not the metrics'")
    return found


def state_faults(case, path):
    services = json.load(open(path, encoding="utf-8"))["services"]
    found = []
    counts = [service["desiredCount"] for service in services]
    if "after" in case and counts != case["after"]:
        found.append("desired counts are %s afterwards, wanted %s" % (counts, case["after"]))
    for key in case.get("tags", []):
        if not all(key in [tag["key"] for tag in service.get("tags", [])] for service in services):
            found.append("no tag " + key)
    return found


def run_case(case, folder):
    state = os.path.join(folder, "state.json")
    write_state(case, state)
    done = invoke(case["behaviour"], event_path(case, folder), state, case.get("environment", {}))
    try:
        found = [] if matches(parsed_reply(done.stdout), case["reply"]) else ["the reply is not as wanted"]
        found += log_faults(case, done) + state_faults(case, state)
    except ValueError as error:
        found = ["the output cannot be read: %s" % error]
    if done.returncode != case["code"]:
        found.append("exit code %d, wanted %d" % (done.returncode, case["code"]))
    if found:
        print("FAILED %s\n  %s\n  wanted %s\n  stdout %s\n  stderr %s" % (
            case["name"], "\n  ".join(found), json.dumps(case["reply"]), done.stdout.strip(), done.stderr.strip()))
    return not found


def secrets_of(value, name=""):
    """Texts under the names of secrets, however deep."""
    if isinstance(value, dict):
        return [s for key, inner in value.items() for s in secrets_of(inner, key.lower())]
    if isinstance(value, list):
        return [s for inner in value for s in secrets_of(inner, name)]
    return [value] if isinstance(value, str) and name in SECRET_NAMES else []


def run_secrets(folder):
    """The number of examples whose secrets reach an output, and of the secrets that were looked for."""
    leaking = looked_for = 0
    for path in sorted(glob.glob(os.path.join(EVENTS, "*.json"))):
        secrets = secrets_of(json.load(open(path, encoding="utf-8"))) + list(SECRETS.values())
        looked_for += len(secrets)
        for behaviour in ("wake", "sleep", "kill"):
            state = os.path.join(folder, "state.json")
            write_state({"state": "sleep-idle"}, state)
            done = invoke(behaviour, path, state, dict(SECRETS, AWS_LAMBDA_LOG_LEVEL="TRACE"))
            leaked = [s for s in secrets if s in done.stdout + done.stderr]
            if leaked or not done.stderr:
                leaking += 1
                print("FAILED %s of %s leaks %s" % (behaviour, os.path.basename(path), leaked))
    return leaking, looked_for


def run_stdin(folder):
    state = os.path.join(folder, "state.json")
    write_state({"state": "kill-running"}, state)
    done = subprocess.run([DROWSE, "invoke", "kill", "-e", "-", "-p", POLICY, "-s", state], cwd=TOP, text=True,
                          capture_output=True, check=False, input="{}", env={"PATH": "/usr/bin:/bin"})
    fine = done.returncode == 0 and json.loads(done.stdout)["status"] == "killed"
    if not fine:
        print("FAILED an event from standard input: %s %s" % (done.stdout, done.stderr))
    return fine


def main():
    passed = failed = 0
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(os.path.join(TOP, "tests", "cases", "handler", "*.json"))):
            for case in json.load(open(path, encoding="utf-8")):
                seen.add(case["event"] if isinstance(case["event"], str) else "")
                fine = run_case(case, folder)
                passed, failed = passed + fine, failed + (not fine)
        leaking, looked_for = run_secrets(folder)
        fine = run_stdin(folder)
    for name in sorted(set(os.listdir(EVENTS)) - seen):
        print("FAILED examples/events/%s is in no case" % name)
        failed += 1
    if looked_for < 4 * len(os.listdir(EVENTS)) + 20:
        print("FAILED only %d secrets were looked for: the examples have lost theirs" % looked_for)
        failed += 1
    print("%d passed, %d failed" % (passed + (leaking == 0) + fine, failed + (leaking > 0) + (not fine)))
    return 1 if failed or leaking or not fine else 0


if __name__ == "__main__":
    sys.exit(main())
