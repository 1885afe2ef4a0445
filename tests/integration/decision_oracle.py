"""What a decision must be, by another way: slow, plain, in exact fractions, written from the description of the policy
language and not from the engine.

`decide(policy, behaviour, state, params)` reads a state file's object as it stands and answers with an Answer. Instants
are seconds since 1970 as Fraction; UNKNOWN is Kleene's third value. The policies are written out in decision_policies.
"""
import datetime
import functools
import math
import re
import zoneinfo
from fractions import Fraction

UNKNOWN = None
MINUTE, HOUR, DAY = 60, 3600, 86400
NO_HEARTBEAT = "none"
FUTURE_TOLERANCE = 5 * MINUTE
MAGNITUDE = 2 ** 360
MAX_COUNT = 10
CLUSTER, SERVICE = "fluidity", "fluidity-server"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


# ---- Kleene's logic ---------------------------------------------------------------------------------------

def both(*parts):
    if any(part is False for part in parts):
        return False
    return UNKNOWN if any(part is UNKNOWN for part in parts) else True


def either(*parts):
    return is_not(both(*(is_not(part) for part in parts)))


def is_not(part):
    return UNKNOWN if part is UNKNOWN else not part


def compared(left, how, right):
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    return {"==": left == right, "!=": left != right, "<": left < right, "<=": left <= right,
            ">": left > right, ">=": left >= right}[how]


# ---- texts ------------------------------------------------------------------------------------------------

RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z")


@functools.lru_cache(maxsize=1 << 16)
def instant_of_text(text):
    """RFC 3339 with an offset; anything else is UNKNOWN."""
    if text is UNKNOWN:
        return UNKNOWN
    match = RFC3339.match(text)
    if not match:
        return UNKNOWN
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    offset = 0
    if match[8] not in "Zz":
        offset = (int(match[8][1:3]) * HOUR + int(match[8][4:6]) * MINUTE) * (-1 if match[8][0] == "-" else 1)
    try:
        at = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.timezone.utc)
    except ValueError:
        return UNKNOWN
    return int((at - EPOCH).total_seconds()) + Fraction("0" + (match[7] or "")) - offset


def number_of_text(text):
    if text is UNKNOWN or not re.match(r"-?\d+(\.\d+)?([eE][+-]?\d+)?\Z", text):
        return UNKNOWN
    return Fraction(float(text)) if math.isfinite(float(text)) else UNKNOWN


def instant_of_json(value):
    """An instant as the AWS commands print it: a text, or epoch seconds."""
    if value is None:
        return UNKNOWN
    return instant_of_text(value) if isinstance(value, str) else Fraction(value)


# ---- the service ------------------------------------------------------------------------------------------

class Service:
    """The state of the one service, as DescribeServices tells it."""

    def __init__(self, described, tags_denied):
        self.desired, self.running = described["desiredCount"], described["runningCount"]
        self.status = described.get("status", "ACTIVE")
        self.strategy = described.get("schedulingStrategy", "REPLICA")
        self.tags = None if tags_denied else {tag["key"]: tag["value"] for tag in described.get("tags") or []}
        deployments = described.get("deployments", [])
        primary = next((d for d in deployments if d["status"] == "PRIMARY"), {})
        self.deploying = len(deployments) > 1 or primary.get("rolloutState") == "IN_PROGRESS"
        self.deployed_at = instant_of_json(primary.get("createdAt"))
        self.fence = self.fence_of(described)

    def fence_of(self, described):
        starts = [instant_of_json(event.get("createdAt")) for event in described.get("events", [])
                  if "has started" in event.get("message", "")]
        mark = (self.tags or {}).get("drowse-wake")
        if mark is not None:
            woken = instant_of_text(mark)
            if woken is UNKNOWN and re.match(r"\d+(\.\d+)?\Z", mark) and Fraction(mark) < 253402300800:
                woken = Fraction(mark)
            starts.append(woken)
        starts = [at for at in starts if at is not UNKNOWN]
        if starts:
            return max(starts)
        return self.deployed_at if self.deployed_at is not UNKNOWN else instant_of_json(described.get("createdAt"))

    def tag(self, key):
        return UNKNOWN if self.tags is None else self.tags.get(key, "")


def cluster_of(described):
    return described["clusterArn"].split("/")[-1]


def find_service(state):
    for described in state["services"]:
        if cluster_of(described) == CLUSTER and described["serviceName"] == SERVICE:
            return Service(described, state.get("tagsDenied", False))
    return None


# ---- metrics ----------------------------------------------------------------------------------------------

class Metric:
    """A metric of a policy: its statistic, and what stands in for points that are missing while a heartbeat beats."""

    def __init__(self, statistic, period=MINUTE, lag=2 * MINUTE, coverage=Fraction(4, 5), instant=False, fill=None,
                 heartbeat=NO_HEARTBEAT):
        self.statistic, self.period, self.lag, self.coverage = statistic, period, lag, coverage
        self.instant, self.fill, self.heartbeat = instant, fill, heartbeat


class Sight:
    """All that one decision sees; the names of the language are its methods."""

    def __init__(self, metrics, state, service, params, fetched=True):
        self.metrics, self.state, self.service, self.params = metrics, state, service, params
        self.fetched = fetched
        self.missed = False  # was a metric asked that is not fetched?
        self.counted = {}
        self.now = instant_of_json(state["now"])

    # -- the state's own
    def since(self, at):
        return UNKNOWN if at is UNKNOWN else max(0, self.now - at)

    def otherwise(self, first, second):
        return second if first is UNKNOWN and not self.missed else first

    def known(self, value):
        return UNKNOWN if value is UNKNOWN and self.missed else value is not UNKNOWN

    def uptime(self):
        return 0 if self.service.running == 0 else self.since(self.service.fence)

    # -- the columns of a metric
    def pages(self, name):
        found = [page for page in self.state.get("MetricDataResults", []) if page["Id"] == name]
        own = [page for page in found if page["Label"] == "%s/%s" % (CLUSTER, SERVICE)]
        if own or len(self.state["services"]) > 1:
            return own
        # With one service any label will do but that of another: "cluster/service", which has no blanks.
        return [page for page in found if "/" not in page["Label"] or " " in page["Label"]]

    def complete(self, name):
        pages = self.pages(name)
        asked = pages or self.metrics[name].fill is None  # what nobody asked for cannot be filled
        return asked and "NextToken" not in self.state and all(page.get("StatusCode") == "Complete" for page in pages)

    def buckets(self, name):
        """Start of a bucket -> its value."""
        metric = self.metrics[name]
        seen = set()
        parts = {}
        for page in self.pages(name):
            for stamp, value in zip(page["Timestamps"], page["Values"]):
                point = (instant_of_json(stamp), Fraction(value))
                if point in seen or point[0] >= self.now or abs(point[1]) > MAGNITUDE:
                    continue
                seen.add(point)
                parts.setdefault(point[0] // metric.period * metric.period, []).append(point[1])
        merge = {"Average": mean, "Maximum": max, "Minimum": min, "Sum": sum,
                 "SampleCount": sum}[metric.statistic]
        return {start: merge(values) for start, values in parts.items()}

    def votes(self, name, span):
        """[(start of bucket, value)] ascending, filled where the metric says so; UNKNOWN."""
        if self.service.running == 0:
            return UNKNOWN
        if not self.fetched:
            self.missed = True
            return UNKNOWN
        if (name, span) not in self.counted:
            self.counted[name, span] = self.count_votes(name, span) if self.complete(name) else UNKNOWN
        return self.counted[name, span]

    def count_votes(self, name, span):
        metric = self.metrics[name]
        start = (self.now - span) // metric.period * metric.period
        fence = self.service.fence
        due = []
        bucket = start
        while bucket + metric.period <= self.now - metric.lag:
            if fence is UNKNOWN or bucket >= fence:
                due.append(bucket)
            bucket += metric.period
        votes = {at: value for at, value in self.buckets(name).items()
                 if start <= at and (fence is UNKNOWN or at >= fence)}
        if metric.fill is not None and self.heart_beats(metric.heartbeat, span):
            for at in due:
                votes.setdefault(at, Fraction(metric.fill))
        present = sum(1 for at in due if at in votes)
        if not due or present < metric.coverage * len(due):
            return UNKNOWN
        if self.now - max(votes) > metric.lag + 2 * metric.period:
            return UNKNOWN
        return sorted(votes.items())

    def heart_beats(self, heartbeat, span):
        return heartbeat == NO_HEARTBEAT or self.votes(heartbeat, span) is not UNKNOWN

    # -- and what the language asks of them
    def of(self, name, span, function):
        """A function of the values that vote, oldest first; of instants, fenced."""
        votes = self.votes(name, span)
        if votes is UNKNOWN:
            return UNKNOWN
        result = function([value for _, value in votes])
        return self.fenced(result) if self.metrics[name].instant and function is not len else result

    def fenced(self, at):
        if at > self.now + FUTURE_TOLERANCE:
            return UNKNOWN
        return at if self.service.fence is UNKNOWN else max(at, self.service.fence)

    def age(self, name, span):
        votes = self.votes(name, span)
        return UNKNOWN if votes is UNKNOWN else self.now - votes[-1][0]

    def quiet_for(self, name, above, span):
        votes = self.votes(name, span)
        if votes is UNKNOWN:
            return UNKNOWN
        loud = [at for at, value in votes if value > above]
        return self.since(loud[-1] + self.metrics[name].period if loud else votes[0][0])


def mean(values):
    return sum(values) / len(values)


def last(values):
    return values[-1]


def percentile(share):
    """Nearest rank: the smallest value that has at least this share of all at or below it."""
    return lambda values: sorted(values)[max(1, math.ceil(share * len(values))) - 1]


# ---- windows ----------------------------------------------------------------------------------------------

LONDON = zoneinfo.ZoneInfo("Europe/London")


def zoned(day, minute, zone, last):
    """The instant of a local clock: in a gap the first instant behind it, in an overlap the first or the last."""
    wall = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(minutes=minute)
    early, late = (wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if early > late:  # a gap: both readings lie at its ends' far sides; walk to the first instant that exists
        second = int(late)
        while datetime.datetime.fromtimestamp(second, zone).replace(tzinfo=None) < wall:
            second += 1
        return second
    return int(late if last else early)


def in_window(now, start, end, zone):
    """Is it within the span of local minutes that begins on any day? One with end <= start crosses midnight."""
    today = datetime.datetime.fromtimestamp(math.floor(now), zone).date()
    for back in (2, 1, 0, -1):
        day = today - datetime.timedelta(days=back)
        first = zoned(day, start, zone, last=False)
        behind = zoned(day, end if end > start else end + 24 * 60, zone, last=True)
        if first <= now < behind:
            return True
    return False


# ---- policies ---------------------------------------------------------------------------------------------

class Rule:
    """A rule: `when` and `count` are functions of a Sight; no `count` keeps the count."""

    def __init__(self, name, status, when=None, count=None, refuse=False):
        self.name, self.status, self.when, self.count, self.refuse = name, status, when, count, refuse


class Policy:
    """A policy file written out once more: the defaults of its params, its metrics, lets and rules."""

    def __init__(self, path, params, metrics, lets, behaviours):
        self.path, self.params, self.metrics, self.lets, self.behaviours = path, params, metrics, lets, behaviours


# ---- the decision -----------------------------------------------------------------------------------------

class Answer:
    """What `drowse explain --json` must say; `values` are the lets, known or UNKNOWN."""

    def __init__(self, outcome, **fields):
        self.outcome = outcome
        self.rule = self.held_by = self.desired = self.before = self.status = None
        self.results = {}
        self.values = {}
        self.fetched_metrics = False
        self.__dict__.update(fields)


def result_of(rule, sight):
    if rule.when is None:
        return "fired"
    return {True: "fired", False: "false", UNKNOWN: "unknown"}[rule.when(sight)]


def wants_metrics(rules, sight):
    """Can the rules, one after the other, not be settled without metrics?"""
    for rule in rules:
        sight.missed = False
        result = result_of(rule, sight)
        if result == "unknown" and sight.missed:
            return True
        if result == "fired":
            return False
    return False


def direction_allows(behaviour, count, before):
    return count > before if behaviour == "wake" else count < before


def kept_by(rule, sight, behaviour):
    """The count that an earlier rule would have left, had it fired."""
    before = sight.service.desired
    count = rule.count(sight) if rule.count else before
    return count if direction_allows(behaviour, count, before) else before


def decide(policy, behaviour, state, params=None):
    rules = policy.behaviours[behaviour]
    if rules[0].when is None:  # asks for nothing, and always acts
        return Answer("change", rule=rules[0].name, desired=rules[0].count(None), status=rules[0].status,
                      results={rules[0].name: "fired"})
    service = find_service(state)
    if service is None or service.status != "ACTIVE" or service.strategy == "DAEMON":
        return Answer("untouched")
    settings = dict(policy.params, **(params or {}))
    sight = Sight(policy.metrics, state, service, settings)
    results = {}
    for fired in rules:
        results[fired.name] = result_of(fired, sight)
        if results[fired.name] == "fired":
            break
    before = service.desired
    answer = Answer("no_change", rule=fired.name, desired=before, before=before, status=fired.status, results=results)
    answer.fetched_metrics = wants_metrics(rules, Sight(policy.metrics, state, service, settings, fetched=False))
    answer.values = {name: function(sight) for name, function in policy.lets.items()}
    answer.values["uptime"] = sight.uptime()
    if fired.refuse:
        answer.outcome, answer.status = "refused", None
        return answer
    if not fired.count:
        return answer
    count = fired.count(sight)
    if count != int(count) or not 0 <= count <= MAX_COUNT:
        answer.outcome, answer.status = "failed", None
        return answer
    if not direction_allows(behaviour, count, before):
        return answer
    answer.outcome, answer.desired = "change", int(count)
    if count < before:
        hold(answer, rules, sight, behaviour, count)
    return answer


def hold(answer, rules, sight, behaviour, count):
    """Unknown never sleeps: an unsettled rule before the one that fired may have kept more."""
    for rule in rules:
        if answer.results.get(rule.name) == "unknown" and kept_by(rule, sight, behaviour) > count:
            answer.outcome, answer.held_by, answer.desired = "held", rule.name, answer.before
            answer.status = "no_change"
            answer.results[answer.rule] = "held back"
            return
