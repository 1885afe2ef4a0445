"""What the engine's zones, windows and schedules must answer, said once more by Python's zoneinfo.

Nothing here follows the engine's code: local times are resolved by PEP 495 (`fold`), windows by asking every day
of a week for its span, and cron by hand-written predicates over dates that are tried on each minute.
"""
import bisect
import datetime
import functools
import os
import pathlib
import zoneinfo

FOLDER = pathlib.Path(os.environ.get("PYTHONTZPATH", "/usr/share/zoneinfo"))
zoneinfo.reset_tzpath(to=[str(FOLDER)])

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=UTC)
SECOND = datetime.timedelta(seconds=1)
DAY = 86400


@functools.lru_cache(maxsize=None)
def zone(name):
    return zoneinfo.ZoneInfo(name)


def available():
    """Every zone whose file lies in the folder, but those that count leap seconds."""
    names = (str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())
    names = (name for name in names if not name.startswith(("right/", "posix/")))
    return sorted(name for name in names if (FOLDER / name).read_bytes()[:4] == b"TZif")


def moment(name, at):
    return (EPOCH_UTC + at * SECOND).astimezone(zone(name))


@functools.lru_cache(maxsize=1 << 18)
def offset(name, at):
    return int(moment(name, at).utcoffset().total_seconds())


def abbreviation(name, at):
    return moment(name, at).tzname()


def day_number(date):
    return (date - EPOCH.date()).days


def date_of(day):
    return EPOCH.date() + datetime.timedelta(days=day)


def instant(year, month=1, day=1):
    return (datetime.datetime(year, month, day) - EPOCH) // SECOND


def first_change(name, low, high):
    """The first instant after low, up to high, with another offset than low's. There is exactly one change."""
    before = offset(name, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset(name, middle) == before:
            low = middle
        else:
            high = middle
    return high


@functools.lru_cache(maxsize=None)
def changes(name, first, last):
    """Every change of offset in (first, last], found by looking every other hour."""
    marks = [*range(first, last, 7200), last]
    offsets = [offset(name, mark) for mark in marks]
    return [first_change(name, marks[i], marks[i + 1]) for i in range(len(marks) - 1) if offsets[i] != offsets[i + 1]]


@functools.lru_cache(maxsize=1 << 18)
def local(name, day, second):
    """(kind, first, second) of a local clock, as zone_local promises it."""
    wall = EPOCH + datetime.timedelta(days=day, seconds=second)
    both = [(wall.replace(tzinfo=zone(name), fold=fold).astimezone(UTC) - EPOCH_UTC) // SECOND for fold in (0, 1)]
    if moment(name, both[0]).replace(tzinfo=None) == wall:
        first, last = min(both), max(both)
        return ("once" if first == last else "fold", first, last)
    # In a gap, fold 0 reads the clock by the offset before it and fold 1 by the one after: the jump is between.
    jump = first_change(name, min(both) - 1, max(both) + 1)
    return ("gap", jump, jump)


class Span:
    """A span of a window: a mask of weekdays, minutes, dates and one exception (days, or None)."""

    def __init__(self, days, start, end, first=None, last=None, excepted=None):
        self.days, self.start, self.end = days, start, end
        self.first, self.last, self.excepted = first, last, excepted

    def question(self):
        dates = ["-" if value is None else str(value) for value in (self.first, self.last, self.excepted)]
        return f"{self.days} {self.start} {self.end} {' '.join(dates)}"

    def wanted(self, day):
        if not self.days & 1 << date_of(day).weekday() or day == self.excepted:
            return False
        return self.first is None or self.first <= day <= self.last

    def on(self, name, day):
        """Its two instants where it starts on that local day, else None."""
        if not self.wanted(day):
            return None
        begin = local(name, day, self.start * 60)[1]
        end = local(name, day if self.end > self.start else day + 1, self.end * 60)[2]
        return (begin, end) if begin < end else None

    def contains(self, name, at):
        today = day_number(moment(name, at).date())
        spans = (self.on(name, day) for day in range(today - 3, today + 4))
        return any(span and span[0] <= at < span[1] for span in spans)


def runs(name, minutes, hours, wanted, first, last):
    """Every instant in [first, last) whose local minute a cron names, and that shows it for the first time."""
    marks = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    found = []
    odd = {moment(name, at).date() for change in changes(name, first, last) for at in (change - 1, change)}
    start, end = moment(name, first).date(), moment(name, last).date()
    day = start
    while day <= end:
        if day not in odd and wanted(day):
            midnight = local(name, day_number(day), 0)[1]
            found += [midnight + mark * 60 for mark in marks]
        day += datetime.timedelta(days=1)
    for day in odd:
        if wanted(day):
            found += odd_day_runs(name, day, set(marks))
    found = sorted(set(found))
    return found[bisect.bisect_left(found, first):bisect.bisect_left(found, last)]


def odd_day_runs(name, day, marks):
    """The runs of a day on which clocks change: each minute from the day before to the day after is looked at."""
    seen, found = set(), []
    noon = day_number(day) * DAY
    for at in range(noon - DAY, noon + 2 * DAY, 60):
        shown = moment(name, at)
        mark = shown.hour * 60 + shown.minute
        if shown.date() == day and mark in marks and mark not in seen:
            seen.add(mark)
            found.append(at)
    return found
