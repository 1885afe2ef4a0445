"""Replays the real CloudWatch recordings of ../shared/recordings/nab, each under a policy written for it, and holds the
result against an own reading of the file: the totals add up to the recording's span, no sleep while the metric was
above the policy's limit within the quiet time before, every wake at a recorded point above it.
Left out where the recordings are absent."""
import csv
import datetime
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
RECORDINGS = os.path.join(os.environ.get("SHARED", os.path.join(os.path.dirname(TOP), "shared")), "recordings", "nab")
POLICIES = os.path.join(TOP, "tests", "cases", "nab")
PERIOD = 300
UTC = datetime.timezone.utc


def read_points(path):
    """Bucket -> mean or sum of its points, as the policy's statistic asks for; both, here."""
    buckets = {}
    with open(path, encoding="ascii") as rows:
        for row in list(csv.reader(rows))[1:]:
            at = datetime.datetime.fromisoformat(row[0]).replace(tzinfo=UTC).timestamp()
            buckets.setdefault(int(at // PERIOD * PERIOD), []).append(float(row[1]))
    return buckets


def at_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def seconds(text):
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def judge(name, replay):
    policy = open(os.path.join(POLICIES, name + ".yaml"), encoding="utf-8").read()
    limit, quiet = re.search(r"above (\S+) over (\w+)\)", policy).groups()
    limit, quiet = float(limit), seconds(quiet)
    total = "Sum" in re.search(r"stat: (\w+)", policy).group(1)
    points = {at: sum(v) if total else sum(v) / len(v)
              for at, v in read_points(os.path.join(RECORDINGS, name + ".csv")).items()}
    faults = []
    spent = sum(replay["totals"][k] for k in ("awakeSeconds", "asleepSeconds", "startingSeconds"))
    span = at_of(replay["to"]) - at_of(replay["from"])
    if abs(spent - span) > 1:
        faults.append("the totals add up to %d s of %d" % (spent, span))
    for step in replay["transitions"]:
        at = at_of(step["at"])
        if step["to"] == "asleep":
            loud = [p for p, v in points.items() if v > limit and at - quiet < p + PERIOD <= at - 120]
            if loud:
                faults.append("asleep at %s, though loud at %s" % (step["at"], loud))
        if step["cause"] == "demand" and not points.get(int(at), 0) > limit:
            faults.append("woken at %s by %s" % (step["at"], points.get(int(at))))
    wakes = sum(step["cause"] == "demand" for step in replay["transitions"])
    if wakes != replay["totals"]["wakes"]:
        faults.append("%d wakes listed, %d counted" % (wakes, replay["totals"]["wakes"]))
    return faults


def replay_of(name):
    policy = os.path.join(POLICIES, name + ".yaml")
    metric = re.search(r"quiet_for\((\w+)", open(policy, encoding="utf-8").read()).group(1)
    recording = "%s=%s" % (metric, os.path.join(RECORDINGS, name + ".csv"))
    done = subprocess.run([DROWSE, "replay", "--policy", policy, "--map", recording, "--json"], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        return None, ["exit code %d: %s" % (done.returncode, done.stderr.strip())]
    replay = json.loads(done.stdout)
    return replay, judge(name, replay)


# What the files hold, seen with the eye: which sleep often, and which never.
SLEEPS = {"ec2_cpu_utilization_77c1ca": (1, 60), "ec2_cpu_utilization_ac20cd": (0, 0),
          "ec2_network_in_257a54": (1, 400), "elb_request_count_8c0756": (1, 100), "grok_asg_anomaly": (1, 20),
          "rds_cpu_utilization_cc0c53": (1, 200)}


def main():
    if not os.path.isdir(RECORDINGS):
        print("left out: replays of real recordings: ../shared/recordings is absent")
        return 0
    passed = failed = 0
    for name, (least, most) in sorted(SLEEPS.items()):
        replay, faults = replay_of(name)
        if replay and not least <= replay["totals"]["sleeps"] <= most:
            faults.append("%d sleeps, wanted %d to %d" % (replay["totals"]["sleeps"], least, most))
        print("%s %s%s" % ("FAILED" if faults else "ok    ", name,
                           ": %(sleeps)d sleeps, %(wakes)d wakes" % replay["totals"] if replay else ""))
        for fault in faults[:10]:
            print("  " + fault)
        failed += bool(faults)
        passed += not faults
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
