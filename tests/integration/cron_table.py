"""Cron expressions and, in Python, what each means: minutes, hours, and a predicate over local dates."""
import calendar

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
ALL_MINUTES = range(60)
ALL_HOURS = range(24)


def EVERY_DAY(_):
    return True


def weekdays(*days):
    return lambda d: d.weekday() in days


def last_of_month(d):
    return calendar.monthrange(d.year, d.month)[1]


def working_days(d):
    return [day for day in range(1, last_of_month(d) + 1)
            if calendar.weekday(d.year, d.month, day) < SAT]


def nearest(n):
    """The working day of the month nearest to day n: Friday before a Saturday, Monday behind a Sunday."""
    def wanted(d):
        if n > last_of_month(d):
            return False
        return d.day == min(working_days(d), key=lambda day: abs(day - n))
    return wanted


def nth(weekday, n):
    def wanted(d):
        same = [day for day in range(1, last_of_month(d) + 1) if calendar.weekday(d.year, d.month, day) == weekday]
        return len(same) >= n and d.day == same[n - 1]
    return wanted


def last(weekday):
    def wanted(d):
        same = [day for day in range(1, last_of_month(d) + 1) if calendar.weekday(d.year, d.month, day) == weekday]
        return d.day == same[-1]
    return wanted


# (expression, minutes, hours, wanted(date))
CRONS = [
    ("* * * * ? *", ALL_MINUTES, ALL_HOURS, EVERY_DAY),
    ("0 23 * * ? *", [0], [23], EVERY_DAY),
    ("0 0 * * ? *", [0], [0], EVERY_DAY),
    ("30 0 * * ? *", [30], [0], EVERY_DAY),
    ("0 1 * * ? *", [0], [1], EVERY_DAY),
    ("30 1 * * ? *", [30], [1], EVERY_DAY),
    ("45 1 * * ? *", [45], [1], EVERY_DAY),
    ("0 2 * * ? *", [0], [2], EVERY_DAY),
    ("15 2 * * ? *", [15], [2], EVERY_DAY),
    ("30 2 * * ? *", [30], [2], EVERY_DAY),
    ("0 3 * * ? *", [0], [3], EVERY_DAY),
    ("59 23 * * ? *", [59], [23], EVERY_DAY),
    ("0 * * * ? *", [0], ALL_HOURS, EVERY_DAY),
    ("0/30 * * * ? *", [0, 30], ALL_HOURS, EVERY_DAY),
    ("0/5 * * * ? *", range(0, 60, 5), ALL_HOURS, EVERY_DAY),
    ("*/7 * * * ? *", range(0, 60, 7), ALL_HOURS, EVERY_DAY),
    ("3/20 * * * ? *", [3, 23, 43], ALL_HOURS, EVERY_DAY),
    ("0 8-18/2 * * ? *", [0], [8, 10, 12, 14, 16, 18], EVERY_DAY),
    ("0 20/2 * * ? *", [0], [20, 22], EVERY_DAY),
    ("10,50 0,12,23 ? * * *", [10, 50], [0, 12, 23], EVERY_DAY),
    ("0-5 0-4 * * ? 2020-2035", range(0, 6), range(0, 5), EVERY_DAY),
    ("0 8 ? * MON-FRI *", [0], [8], weekdays(MON, TUE, WED, THU, FRI)),
    ("0/15 8-17 ? * MON-FRI *", [0, 15, 30, 45], range(8, 18), weekdays(MON, TUE, WED, THU, FRI)),
    ("0 8 ? * 2-6 *", [0], [8], weekdays(MON, TUE, WED, THU, FRI)),
    ("0 8 ? * 1 *", [0], [8], weekdays(SUN)),
    ("0 8 ? * 7 *", [0], [8], weekdays(SAT)),
    ("0 8 ? * SUN,SAT *", [0], [8], weekdays(SUN, SAT)),
    ("0 8 ? * sun-tue,fri *", [0], [8], weekdays(SUN, MON, TUE, FRI)),
    ("0 8 ? * L *", [0], [8], weekdays(SAT)),
    ("0 8 ? * */3 *", [0], [8], weekdays(SUN, WED, SAT)),
    ("0 8 ? * 6L *", [0], [8], last(FRI)),
    ("0 8 ? * FRIL *", [0], [8], last(FRI)),
    ("0 8 ? * 1L *", [0], [8], last(SUN)),
    ("0 8 ? * satl *", [0], [8], last(SAT)),
    ("0 8 ? * 3#2 *", [0], [8], nth(TUE, 2)),
    ("0 8 ? * TUE#1 *", [0], [8], nth(TUE, 1)),
    ("0 8 ? * MON#5 *", [0], [8], nth(MON, 5)),
    ("0 8 ? * 1#4 *", [0], [8], nth(SUN, 4)),
    ("0 8 L * ? *", [0], [8], lambda d: d.day == last_of_month(d)),
    ("0 8 LW * ? *", [0], [8], lambda d: d.day == working_days(d)[-1]),
    ("0 8 1W * ? *", [0], [8], nearest(1)),
    ("0 8 15W * ? *", [0], [8], nearest(15)),
    ("0 8 30W * ? *", [0], [8], nearest(30)),
    ("0 8 31W * ? *", [0], [8], nearest(31)),
    ("0 8 1 * ? *", [0], [8], lambda d: d.day == 1),
    ("0 8 1,15 * ? *", [0], [8], lambda d: d.day in (1, 15)),
    ("0 8 10-20/5 * ? *", [0], [8], lambda d: d.day in (10, 15, 20)),
    ("0 8 */10 * ? *", [0], [8], lambda d: d.day in (1, 11, 21, 31)),
    ("0 8 31 * ? *", [0], [8], lambda d: d.day == 31),
    ("0 8 29 2 ? *", [0], [8], lambda d: (d.month, d.day) == (2, 29)),
    ("0 8 29 FEB ? 2028", [0], [8], lambda d: (d.year, d.month, d.day) == (2028, 2, 29)),
    ("0 8 1 JAN,JUL ? *", [0], [8], lambda d: d.day == 1 and d.month in (1, 7)),
    ("0 8 1 1/3 ? *", [0], [8], lambda d: d.day == 1 and d.month in (1, 4, 7, 10)),
    ("0 8 ? mar-may MON *", [0], [8], lambda d: d.month in (3, 4, 5) and d.weekday() == MON),
    ("0 8 25 12 ? 2027,2029", [0], [8], lambda d: (d.month, d.day) == (12, 25) and d.year in (2027, 2029)),
    ("0 8 1 1 ? 2026/2", [0], [8], lambda d: (d.month, d.day) == (1, 1) and d.year in (2026, 2028)),
]
