#!/usr/bin/env python3
"""Zones, windows and schedules against Python's zoneinfo, on the same zone files.

Asks $BUILD/tests/tools/zone_probe thousands of questions and compares each answer with zone_oracle's.
"""
import datetime
import os
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import zone_oracle as oracle  # noqa: E402
from cron_table import CRONS, EVERY_DAY  # noqa: E402

PROBE = pathlib.Path(os.environ.get("BUILD", "build")) / "tests" / "tools" / "zone_probe"
YEARS = [1945, 1994, 2011, 2026, 2037, 2090]
MORE_YEARS = {"Pacific/Kwajalein": [1969, 1993], "Africa/Casablanca": [2025]}
ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu",
         "Africa/Casablanca", "Pacific/Apia", "UTC", "Europe/Dublin", "America/St_Johns", "Pacific/Chatham",
         "Asia/Tehran", "Africa/Cairo", "Antarctica/Troll", "America/Caracas", "Asia/Gaza", "Pacific/Kiritimati",
         "America/Sao_Paulo", "Atlantic/Azores", "America/Havana", "Pacific/Kwajalein", "America/Nuuk"]
CRON_ZONES = ["UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Gaza",
              "America/Havana", "Africa/Cairo", "Pacific/Apia"]
DAY = oracle.DAY
ALL_DAYS = 127


class Questions:
    """Questions with the answers that are due, in the order asked."""

    def __init__(self):
        self.asked = []
        self.zone = None
        self.topic = None

    def begin(self, zone, topic):
        if zone != self.zone:
            self.asked.append((f"zone {zone}", "ok", f"{zone}: the file decodes"))
        self.zone, self.topic = zone, topic

    def ask(self, question, due):
        self.asked.append((question, due, f"{self.zone}, {self.topic}"))

    def offset(self, at):
        self.ask(f"offset {at}", f"{oracle.offset(self.zone, at)} {oracle.abbreviation(self.zone, at)}")

    def local(self, day, second):
        self.ask(f"local {day} {second}", "%s %d %d" % oracle.local(self.zone, day, second))

    def span(self, span, day):
        due = span.on(self.zone, day)
        self.ask(f"span {span.question()} {day}", "%d %d" % due if due else "none")
        return due

    def contains(self, span, at):
        self.ask(f"contains {span.question()} {at}", "yes" if span.contains(self.zone, at) else "no")


def clocks_around(change, before, after):
    """Local clocks as (day, second) before, at, within and behind the gap or overlap of a change."""
    low, high = sorted((change + before, change + after))
    marks = {low - 3600, low - 1, low, low + 1, (low + high) // 2, high - 1, high, high + 1, high + 3600}
    marks |= set(range(low - 5400, min(high, low + 4 * 3600) + 5400, 900))
    return sorted((mark // DAY, mark % DAY) for mark in marks)


def ask_windows(questions, change, before, after, rng):
    """Windows that begin, end or lie before, in and behind the gap or overlap, on the days around it."""
    low, high = sorted((change + before, change + after))
    middle = (low + high) // 2
    minutes = {mark // 60 % 1440 for mark in (low - 3600, low - 60, low, low + 60, middle, high - 60, high, high + 60,
                                              high + 3600)}
    day = low // DAY
    for start in sorted(minutes | {0, 22 * 60}):
        for end in sorted(minutes | {6 * 60, 1440}):
            if start == end:
                continue
            span = oracle.Span(ALL_DAYS, start, end)
            for on in (day - 1, day, day + 1):
                due = questions.span(span, on)
                for at in (due[0] - 1, due[0], due[1] - 1, due[1]) if due else ():
                    questions.contains(span, at)
            for at in (change - 1, change, change + rng.randrange(-7200, 7200)):
                questions.contains(span, at)


def ask_masks(questions, change, rng):
    """Weekdays, dates and exceptions near a change, with spans of any length."""
    day = change // DAY
    for _ in range(25):
        start = rng.randrange(1440)
        end = rng.choice([value for value in (rng.randrange(1, 1441), 1440, 60) if value != start])
        first = rng.choice([None, day - rng.randrange(3)])
        span = oracle.Span(rng.randrange(1, 128), start, end, first, None if first is None else day + rng.randrange(3),
                           rng.choice([None, day - 1, day, day + 1]))
        for on in range(day - 2, day + 3):
            questions.span(span, on)
        for _ in range(8):
            questions.contains(span, change + rng.randrange(-2 * DAY, 2 * DAY))


def ask_year(questions, zone, year, rng):
    first, last = oracle.instant(year) - 1, oracle.instant(year + 1) - 1
    questions.begin(zone, f"transitions of {year}")
    changes = oracle.changes(zone, first, last)
    at = first
    for change in changes:
        questions.ask(f"transition {at}", str(change))
        at = change
    for change in changes:
        when = oracle.moment("UTC", change).strftime("%Y-%m-%dT%H:%M:%SZ")
        before, after = oracle.offset(zone, change - 1), oracle.offset(zone, change)
        questions.begin(zone, f"offsets around {when}")
        for step in (-DAY, -3600, -1, 0, 1, 3600, DAY):
            questions.offset(change + step)
        questions.begin(zone, f"local clocks around {when}")
        for day, second in clocks_around(change, before, after):
            questions.local(day, second)
        questions.begin(zone, f"windows around {when}")
        ask_windows(questions, change, before, after, rng)
        ask_masks(questions, change, rng)
    questions.begin(zone, f"{year} at large")
    for _ in range(30):
        at = rng.randrange(first, last)
        questions.offset(at)
        questions.local(at // DAY, at % DAY)
    questions.local(last // DAY, DAY)
    ask_masks(questions, rng.randrange(first, last), rng)
    return len(changes)


def ask_everywhere(questions, rng):
    """Every zone of the folder, offsets at any time, far behind the files' tables too."""
    names = oracle.available()
    for zone in names:
        questions.begin(zone, "offsets and local clocks from 1900 to 2400")
        for _ in range(40):
            at = rng.randrange(oracle.instant(1900), oracle.instant(2400))
            questions.offset(at)
            questions.local(at // DAY, at % DAY)
    return len(names)


def stretches_of(zone, minutes, hours):
    """The four years; of a cron with many runs a day, their begin, middle and end and each change of clocks."""
    first, last = oracle.instant(2026), oracle.instant(2030)
    if len(minutes) * len(hours) <= 4:
        return [(first, last)]
    places = [first + DAY, oracle.instant(2028), last - DAY, *oracle.changes(zone, first, last)]
    return [(place - DAY, place + DAY) for place in places]


def ask_cron(questions, zone, row):
    expression, minutes, hours, wanted = row
    questions.begin(zone, f"cron({expression}) from 2026 to 2029")
    count = 0
    for first, last in stretches_of(zone, minutes, hours):
        runs = oracle.runs(zone, minutes, hours, wanted, first, last)
        count += len(runs)
        for after, due in zip([first - 1] + runs, runs):
            questions.ask(f"next 0 {after} cron({expression})", str(due))
            if due - after > 60:
                questions.ask(f"next 0 {due - 1} cron({expression})", str(due))
    return count


def ask_rates(questions):
    questions.begin("UTC", "rates")
    for text, seconds in (("1 minute", 60), ("5 minutes", 300), ("1 hour", 3600), ("3 days", 3 * DAY)):
        for anchor in (0, 17, oracle.instant(2026)):
            for after in (anchor - 1, anchor, anchor + 1, anchor + seconds - 1, anchor + seconds, anchor + 99999):
                due = next(anchor + k * seconds for k in range(100000) if anchor + k * seconds > after)
                questions.ask(f"next {anchor} {after} rate({text})", str(due))


def answers_of(questions):
    text = "".join(question + "\n" for question, _, _ in questions)
    result = subprocess.run([str(PROBE), str(oracle.FOLDER)], input=text, capture_output=True, text=True, check=False)
    answers = result.stdout.splitlines()
    if result.returncode != 0 or len(answers) != len(questions):
        sys.exit(f"{PROBE}: exit code {result.returncode}, {len(answers)} answers to {len(questions)} questions: "
                 f"{result.stderr.strip()}")
    return answers


def compare(questions):
    """The topics of which an answer is wrong."""
    failed = set()
    for (question, due, what), answer in zip(questions, answers_of(questions)):
        if answer != due:
            failed.add(what)
            print(f"{what}: `{question}`: due {due}, answered {answer}")
    return failed


def checked(what, questions, since, started):
    seconds = (datetime.datetime.now() - started).total_seconds()
    print(f"{what}: {len(questions.asked) - since} questions ({seconds:.1f} s)")


def main():
    if not oracle.FOLDER.is_dir():
        print(f"left out: zones against zoneinfo: {oracle.FOLDER} is not there")
        return 0
    if not PROBE.exists():
        sys.exit(f"{PROBE} is not built")
    rng = random.Random(20261123)
    questions = Questions()
    for zone in ZONES:
        since, started = len(questions.asked), datetime.datetime.now()
        counts = [f"{ask_year(questions, zone, year, rng)} in {year}" for year in YEARS + MORE_YEARS.get(zone, [])]
        checked(f"{zone}: transitions {', '.join(counts)}; offsets, local clocks, windows", questions, since, started)
    since, started = len(questions.asked), datetime.datetime.now()
    checked(f"all {ask_everywhere(questions, rng)} zones from 1900 to 2400", questions, since, started)
    for zone in CRON_ZONES:
        since, started = len(questions.asked), datetime.datetime.now()
        rows = [row for row in CRONS if zone == "UTC" or row[3] is EVERY_DAY or len(row[2]) > 1]
        runs = sum(ask_cron(questions, zone, row) for row in rows)
        checked(f"{zone}: {len(rows)} cron expressions, {runs} runs between 2026 and 2029", questions, since, started)
    ask_rates(questions)
    failed = compare(questions.asked)
    topics = {what for _, _, what in questions.asked}
    print(f"{len(questions.asked)} answers compared, on {len(topics)} topics")
    print(f"{len(topics) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
