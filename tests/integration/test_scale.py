#!/usr/bin/env python3
"""A sleep run over a thousand services and over ten thousand: how often AWS is asked, how much memory that takes, and
how old a snapshot may be when it is acted on."""
import json
import sys
import threading
import time

import aws_world as world
from aws_world import expect

MEMORY_KB = 64 * 1024  # of 1,000 services
METRICS_A_CALL, SERVICES_A_CALL, METRICS = 500, 10, 2
GLOBS = [("fleet", "idle-*"), ("fleet", "busy-*")]
SNAPSHOT_S = 30
# What is measured here is not the machine.
PATIENT = {"DROWSE_AWS_TIMEOUT_MS": "60000", "DROWSE_AWS_CONNECT_TIMEOUT_MS": "60000"}


def sanitized():
    with open(world.DROWSE, "rb") as program:
        return b"__asan_init" in program.read()


def run(aws, folder, count, idle, targets=None, faults=(), seconds=250, **more):
    aws.begin(world={}, generate={"count": count, "idle": idle}, faults=faults)
    policy = folder.policy(targets=targets or GLOBS)
    return aws.drowse("run", "sleep", "--all", "--policy", policy, "--json", seconds=seconds, **{**PATIENT, **more})


def results(done):
    found = {}
    for one in done.json()["results"]:
        found.setdefault(one.get("outcome") or one.get("action") or one.get("error"), []).append(one["service"])
    return {key: len(names) for key, names in found.items()}


def desired(aws):
    """How many services are up, and how many down."""
    services = json.loads(world.ask(aws.url + "/control/services"))
    up = sum(1 for service in services.values() if service["desired"] > 0)
    return up, len(services) - up


def check_calls(aws, count, lowered):
    counts = aws.counts()
    describes = count // SERVICES_A_CALL + 2 * -(-lowered // SERVICES_A_CALL)
    expect(counts.get("DescribeServices") == describes, f"{describes} DescribeServices are due", counts)
    expect(counts.get("GetMetricData") == count * METRICS // METRICS_A_CALL, "GetMetricData", counts)
    expect(counts.get("UpdateService", 0) == lowered, "UpdateService", counts)
    expect(all(call["items"] == METRICS_A_CALL for call in aws.calls("GetMetricData")), "full calls are due")
    expect(all(call["signed"] == "right" for call in aws.calls()), "a call was not signed right")
    return counts


def test_nothing_to_lower(aws, folder):
    done = run(aws, folder, 1000, 0)
    expect(done.code == 0 and results(done) == {"no_change": 1000}, done.code, done.err[-500:])
    check_calls(aws, 1000, 0)
    expect(desired(aws) == (1000, 0), "a service was lowered", desired(aws))
    if not sanitized():
        expect(done.peak_kb < MEMORY_KB, f"{done.peak_kb} kB resident at most; {MEMORY_KB} kB are allowed")
    return done


def test_named_targets(aws, folder):
    done = run(aws, folder, 1000, 0, targets=[("fleet", f"busy-{i:05}") for i in range(1, 1001)])
    expect(done.code == 0 and results(done) == {"no_change": 1000}, done.code, done.err[-500:])
    counts = check_calls(aws, 1000, 0)
    expect("ListServices" not in counts, "what is named needs no listing", counts)


def test_two_hundred_to_lower(aws, folder):
    done = run(aws, folder, 1000, 200)
    expect(done.code == 0 and results(done) == {"no_change": 800, "scaled_down": 200}, done.code, done.err[-500:])
    check_calls(aws, 1000, 200)
    expect(desired(aws) == (800, 200), "desired counts", desired(aws))


def test_ten_thousand(aws, folder):
    done = run(aws, folder, 10000, 2000)
    expect(done.code == 0 and results(done) == {"no_change": 8000, "scaled_down": 2000}, done.code, done.err[-500:])
    check_calls(aws, 10000, 2000)
    expect(desired(aws) == (8000, 2000), "desired counts", desired(aws))
    if not sanitized():
        expect(done.peak_kb < 10 * MEMORY_KB, f"{done.peak_kb} kB resident at most")


def check_throttled(aws, folder, count, idle, targets=None, extra=""):
    faults = [{"call": "UpdateService", "kind": "rate", "per_s": 5, "times": -1}]
    started = time.monotonic()
    aws.begin(world={}, generate={"count": count, "idle": idle}, faults=faults)
    policy = folder.policy(targets=targets or GLOBS, extra=extra)
    done = aws.drowse("run", "sleep", "--all", "--policy", policy, "--json", seconds=280, **PATIENT)
    calls = aws.calls("UpdateService")
    applied = [call for call in calls if call["code"] == 200]
    expect(applied, "nothing was applied at all", done)
    for call in applied:
        expect(call["measured_ago_s"] <= SNAPSHOT_S, f"{call['target']}: metrics {call['measured_ago_s']} s old")
        expect(call["described_ago_s"] <= SNAPSHOT_S, f"{call['target']}: {call['described_ago_s']} s old")
    up, down = desired(aws)
    print(f"  {down} of {idle} lowered in {time.monotonic() - started:.1f} s, {len(calls)} UpdateService sent, oldest "
          f"metrics {max(call['measured_ago_s'] for call in applied):.1f} s, {results(done)}, "
          f"{aws.counts()['DescribeServices']} DescribeServices, {aws.counts()['GetMetricData']} GetMetricData")
    expect(down == len(applied), "what was applied is not what is down", down, len(applied))
    expect(up >= count - idle, "a busy service was lowered")
    return done, down


def test_throttled(aws, folder):
    done, down = check_throttled(aws, folder, 1000, 200)
    expect(down == 200 and done.code == 0, f"{down} of 200 lowered", done.code, done.err[-1500:])


def test_throttled_with_a_limit(aws, folder):
    """With a blast radius all is decided before anything is applied: what became too old is looked at again."""
    done, down = check_throttled(aws, folder, 1000, 200, extra="limits: {max_slept: 100%}")
    expect(down == 200 and done.code == 0, f"{down} of 200 lowered", done.code, done.err[-1500:])


def run_slow_one(tally, name, test):
    with world.FakeAws() as aws, world.Folder() as folder:
        tally.run(name, test, aws, folder)


def main():
    tally = world.Tally()
    only = sys.argv[1:]
    tests = sorted((name, test) for name, test in globals().items()
                   if name.startswith("test_") and (not only or name in only))
    # Those that wait for a throttled service do so side by side.
    slow = [threading.Thread(target=run_slow_one, args=(tally, name, test))
            for name, test in tests if "throttled" in name]
    for thread in slow:
        thread.start()
    with world.FakeAws() as aws, world.Folder() as folder:
        for name, test in tests:
            if "throttled" not in name:
                tally.run(name, test, aws, folder)
    for thread in slow:
        thread.join()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
