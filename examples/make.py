#!/usr/bin/env python3
"""Makes the examples: a recording of two weeks of a tunnel's connections, and a state for each row of the tables that
docs/contract.md has. The same bytes every time: `python3 examples/make.py FOLDER` writes them below FOLDER, and a
test compares them with what is kept here.

The tunnel is used on working days from about eight to half past six, a little on Saturdays, and not at night. Two
things go wrong: on the first Wednesday an agent flaps for an hour and a half, connecting for a minute every eighteen;
and on the second Thursday the metrics are lost for an hour and a half while people are connected.
"""
import datetime
import json
import os
import sys

START = datetime.datetime(2026, 2, 2, tzinfo=datetime.timezone.utc)  # a Monday
MINUTES = 14 * 24 * 60
FLAP = (2, 20 * 60, 21 * 60 + 30)       # day, first minute of the day, minute behind the last
OUTAGE = (10, 10 * 60 + 40, 12 * 60 + 10)


class Dice:
    """A generator of our own: Python's may change its mind between versions."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit


def sessions(dice, day):
    """(first minute of the day, minutes, connections) of one day's sessions."""
    weekday = day % 7
    if weekday == 6:
        return []
    if weekday == 5:
        return [(11 * 60 + dice.below(60), 25 + dice.below(40), 1)]
    found = []
    for _ in range(5):
        begin = 7 * 60 + 40 + dice.below(100)
        found.append((begin, 3 * 60 + dice.below(90), 1))
        found.append((begin + 5 * 60 + dice.below(40), 3 * 60 + dice.below(120), 1))
    if dice.below(3) == 0:
        found.append((20 * 60 + dice.below(90), 15 + dice.below(50), 1))
    return found


def connections():
    dice = Dice(2026)
    values = [0] * MINUTES
    for day in range(14):
        for begin, minutes, count in sessions(dice, day):
            for minute in range(begin, min(begin + minutes, 24 * 60)):
                values[day * 1440 + minute] += count
    day, first, behind = FLAP
    for minute in range(first, behind):
        values[day * 1440 + minute] = 1 if (minute - first) % 18 == 0 else 0
    return values


def last_activity(values):
    at, newest = START.timestamp() - 3600, []
    for minute, value in enumerate(values):
        if value:
            at = START.timestamp() + minute * 60
        newest.append(int(at))
    return newest


def is_lost(minute):
    day, first, behind = OUTAGE
    in_outage = day * 1440 + first <= minute < day * 1440 + behind
    return in_outage or minute % 1873 == 1000  # and a single point now and then


def result(name, label, values):
    kept = [(int(START.timestamp()) + 60 * m, v) for m, v in enumerate(values) if not is_lost(m)]
    kept.reverse()  # newest first, as CloudWatch answers
    return {"Id": name, "Label": label, "Timestamps": [t for t, _ in kept], "Values": [v for _, v in kept],
            "StatusCode": "Complete"}


def write_recording(folder):
    values = connections()
    results = [result("connections", "fluidity/fluidity-server", values),
               result("last_activity", "fluidity/fluidity-server", last_activity(values))]
    with open(os.path.join(folder, "tunnel.json"), "w", encoding="ascii") as out:
        out.write('{"MetricDataResults": [\n')
        out.write(",\n".join(json.dumps(r, separators=(",", ":")) for r in results))
        out.write("\n]}\n")


def iso(minute):
    return (START + datetime.timedelta(hours=10, minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def service(desired, running, pending):
    return {
        "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/fluidity/fluidity-server",
        "serviceName": "fluidity-server", "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/fluidity",
        "status": "ACTIVE", "schedulingStrategy": "REPLICA",
        "desiredCount": desired, "runningCount": running, "pendingCount": pending,
        "deployments": [{"id": "ecs-svc/0001", "status": "PRIMARY", "desiredCount": desired,
                         "runningCount": running, "pendingCount": pending, "createdAt": iso(-1440),
                         "updatedAt": iso(-30), "rolloutState": "COMPLETED"}],
        "events": [], "createdAt": iso(-2880), "tags": [],
    }


def metric(name, values):
    stamps = [iso(m) for m in range(-30, 0)]
    return {"Id": name, "Label": "fluidity/fluidity-server", "Timestamps": stamps[::-1], "Values": values[::-1],
            "StatusCode": "Complete"}


def at(minute):
    return int((START + datetime.timedelta(hours=10, minutes=minute)).timestamp())


def metrics(per_minute, last):
    return [metric("connections", [per_minute] * 30),
            metric("last_activity", [min(at(m), at(last)) for m in range(-30, 0)])]


STATES = {
    "wake-stopped": (service(0, 0, 0), []),
    "wake-starting": (service(1, 0, 1), []),
    "wake-running": (service(1, 1, 0), []),
    "sleep-stopped": (service(0, 0, 0), []),
    "sleep-idle": (service(1, 1, 0), metrics(0, -20)),
    "sleep-active": (service(1, 1, 0), metrics(2.5, -2)),
    "sleep-no-metrics": (service(1, 1, 0), []),
    "kill-running": (service(1, 1, 0), []),
    "kill-stopped": (service(0, 0, 0), []),
}


def write_states(folder):
    os.makedirs(os.path.join(folder, "states"), exist_ok=True)
    for name, (one, results) in STATES.items():
        state = {"now": iso(0), "services": [one], "MetricDataResults": results}
        with open(os.path.join(folder, "states", name + ".json"), "w", encoding="ascii") as out:
            json.dump(state, out, indent=1)
            out.write("\n")


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    write_recording(where)
    write_states(where)
