"""The policies that the decision oracle knows, written out once more from what their YAML says."""
from fractions import Fraction

from decision_oracle import (HOUR, LONDON, MINUTE, UNKNOWN, Metric, Policy, Rule, both, compared, either, in_window,
                             instant_of_text, is_not, last, mean, number_of_text, percentile)

BASE_METRICS = {"connections": Metric("Average"), "last_activity": Metric("Maximum", instant=True)}


def zero(_):
    return 0


def deployment_in_progress(s):
    return both(s.service.deploying, compared(s.since(s.service.deployed_at), "<", HOUR))


def average_connections(s):
    return s.of("connections", s.params["lookback"], mean)


def plain_idle_time(s):
    return s.since(s.of("last_activity", s.params["lookback"], max))


def idle_time_or_uptime(s):
    return s.otherwise(plain_idle_time(s), s.uptime())


def tasks_reporting(s):
    return s.of("reports", s.params["lookback"], percentile(Fraction(1, 5)))


def kept_awake(s):
    until = s.service.tag("awake-until")
    return both(compared(until, "!=", ""), compared(s.now, "<", instant_of_text(until)))


def kept_count(s):
    return max(1, s.otherwise(number_of_text(s.service.tag("count")), 1))


def at_night(s, start_minute):
    return in_window(s.now, start_minute, 6 * 60, LONDON)


def long_up(s):
    return compared(s.uptime(), ">=", 30 * MINUTE)


def quiet(s):
    return s.quiet_for("requests", 0, 2 * HOUR)


WAKE = [
    Rule("start", "waking", lambda s: s.service.desired == 0, lambda s: 1),
    Rule("starting", "starting", lambda s: s.service.running == 0),
    Rule("awake", "already_running"),
]
KILL = [Rule("kill", "killed", count=zero)]


def sleep_rules(idle_time, before_idle=()):
    def idle(s):
        return both(compared(average_connections(s), "<=", 0),
                    compared(idle_time(s), ">=", s.params["idle_threshold"]))
    return [
        Rule("stopped", "no_change", lambda s: s.service.desired == 0),
        Rule("starting", "no_change", lambda s: s.service.running == 0),
        Rule("deployment", "no_change", deployment_in_progress),
        Rule("kept_awake", "no_change", kept_awake),
        *before_idle,
        Rule("idle", "scaled_down", idle, zero),
        Rule("active", "no_change"),
    ]


def preset(path, threshold=15, lookback=10, idle_time=plain_idle_time, before_idle=(), metrics=None, lets=None,
           **behaviours):
    """A policy that extends base.yaml."""
    sleep = sleep_rules(idle_time, before_idle)
    behaviours = dict({"wake": WAKE, "sleep": sleep, "kill": KILL}, **behaviours)
    return Policy("policies/" + path, {"idle_threshold": threshold * MINUTE, "lookback": lookback * MINUTE},
                  dict(BASE_METRICS, **(metrics or {})),
                  dict({"avg_connections": average_connections, "idle_time": idle_time}, **(lets or {})),
                  {name: rules for name, rules in behaviours.items() if rules})


QUIET = Policy("tests/cases/stories/quiet.yaml", {},
               {"requests": Metric("Sum", fill=0, heartbeat="healthy_hosts"), "healthy_hosts": Metric("Minimum")},
               {"quiet": quiet}, {"sleep": [
                   Rule("idle", "scaled_down", lambda s: compared(quiet(s), ">=", 2 * HOUR), zero),
                   Rule("unsure", "no_change", lambda s: is_not(s.known(quiet(s)))),
                   Rule("active", "no_change")]})

SPREAD_LETS = {
    "mean": lambda s: s.of("load", HOUR, mean),
    "most": lambda s: s.of("load", HOUR, max),
    "fewest": lambda s: s.of("load", 2 * HOUR, min),
    "latest": lambda s: s.of("load", HOUR, last),
    "total": lambda s: s.of("jobs", 30 * MINUTE, sum),
    "newest_jobs": lambda s: s.of("jobs", 30 * MINUTE, last),
    "points": lambda s: s.of("load", HOUR, len),
    "beats": lambda s: s.of("beat", 10 * MINUTE, len),
    "oldness": lambda s: s.age("load", HOUR),
    "high": lambda s: s.of("load", HOUR, percentile(Fraction(9, 10))),
    "calm": lambda s: s.quiet_for("jobs", 2, HOUR),
    "last_seen": lambda s: s.since(s.of("seen", HOUR, last)),
    "first_seen": lambda s: s.since(s.of("seen", HOUR, min)),
}


def spread(name, how, than):
    """A comparison of one of the lets of spread.yaml."""
    return lambda s: compared(SPREAD_LETS[name](s), how, than)


def all_of(*conditions):
    return lambda s: both(*(condition(s) for condition in conditions))


def any_of(*conditions):
    return lambda s: either(*(condition(s) for condition in conditions))


SPREAD = Policy("tests/cases/stories/spread.yaml", {}, {
    "load": Metric("Average", 5 * MINUTE, 7 * MINUTE, Fraction(1, 2)),
    "jobs": Metric("Sum", 2 * MINUTE, fill=2),
    "beat": Metric("Minimum", coverage=Fraction(1)),
    "seen": Metric("Maximum", 5 * MINUTE, instant=True),
}, SPREAD_LETS, {"sleep": [
    Rule("stopped", "no_change", lambda s: s.service.desired == 0),
    Rule("two", "scaled_down", all_of(spread("total", ">", 60), spread("newest_jobs", ">", 2)), lambda s: 2),
    Rule("one", "scaled_down", all_of(spread("beats", ">=", 8), spread("latest", ">", 5)), lambda s: 1),
    Rule("crowded", "no_change",
         any_of(spread("most", ">", 50), spread("high", ">", 20), spread("fewest", "<", -5))),
    Rule("idle", "scaled_down", all_of(spread("mean", "<=", 1), spread("calm", ">=", HOUR),
                                       spread("last_seen", ">=", 20 * MINUTE)), zero),
    Rule("away", "no_change", any_of(spread("first_seen", ">=", HOUR), spread("oldness", ">", 12 * MINUTE),
                                     spread("points", "<", 6))),
    Rule("active", "no_change"),
]})

POLICIES = [
    preset("production.yaml"),
    preset("cost-optimized.yaml", threshold=30, lookback=15),
    QUIET,
    SPREAD,
    preset("recipes/lost-telemetry.yaml", metrics={"reports": Metric("SampleCount")},
           lets={"reporting": tasks_reporting},
           before_idle=[Rule("silent_task", "no_change",
                             lambda s: compared(tasks_reporting(s), "<", s.service.running))]),
    preset("recipes/never-active.yaml", idle_time=idle_time_or_uptime),
    preset("recipes/awake-until.yaml", kill=None),  # its kill goes by the trigger, which is always a person's here
    preset("recipes/protected-from-kill.yaml",
           kill=[Rule("protected", "", lambda s: compared(s.service.tag("protected"), "==", "true"), refuse=True),
                 *KILL]),
    preset("recipes/restore-count.yaml",
           wake=[Rule("start", "waking", lambda s: s.service.desired == 0, kept_count), *WAKE[1:]]),
    preset("recipes/night-stop.yaml", before_idle=[
        Rule("night_over", "scaled_down", lambda s: both(at_night(s, 23 * 60 + 30), long_up(s)), zero),
        Rule("night_idle", "scaled_down",
             lambda s: both(at_night(s, 22 * 60), long_up(s), compared(average_connections(s), "<=", 0)), zero)]),
]
