"""Compares `drowse explain --json` with the decision oracle, on seeded random states.

ORACLE_STATES says how many (4000), ORACLE_SEED which (1). A difference prints its seed, the smallest state to which it
can be shrunk, and both answers. Cases are numbered: `ORACLE_ONLY=1:123` runs the one of that seed and number.
"""
import concurrent.futures
import copy
import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import decision_oracle as oracle  # noqa: E402
import decision_policies  # noqa: E402
import decision_states as states  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
WORKERS = 2
SHOWN = 5  # differences shrunk and printed a worker
FIELDS = {"outcome": "outcome", "rule": "rule", "held_by": "heldBy", "desired": "desired", "before": "before",
          "status": "status"}
# What must have come up for the run to have tested anything.
KINDS = {"change", "no_change", "held", "refused", "failed", "untouched"}


def ask(case, folder):
    """The program's answer, or None where it gave none; and what it said."""
    path = os.path.join(folder, "state.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump(case.state, out)
    done = subprocess.run([DROWSE, "explain", case.behaviour, "--policy", os.path.join(TOP, case.policy.path),
                           "--state", path, "--json", "--service", "%s/%s" % (oracle.CLUSTER, oracle.SERVICE),
                           *case.options], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    return (json.loads(done.stdout) if done.stdout else None), done


def alike(got, wanted, kind):
    """Durations and instants are shown in whole seconds, rounded down."""
    if wanted is oracle.UNKNOWN or got is None:
        return got is None and wanted is oracle.UNKNOWN
    if kind in ("duration", "instant"):
        return got == math.floor(wanted)
    return abs(got - wanted) <= 1e-9 * abs(wanted)


def values_differ(got, answer):
    """Compares what the program computed on its way, by name."""
    found = []
    for rule in got["rules"]:
        for step in rule["steps"]:
            name = step["expression"]
            if step["needed"] and name in answer.values and not alike(step["value"], answer.values[name], step["type"]):
                wanted = answer.values[name]
                found.append("%s is %r in rule %s, wanted %s" % (
                    name, step["value"], rule["rule"], "unknown" if wanted is None else float(wanted)))
    return sorted(set(found))


def differences(got, done, answer):
    if answer.outcome == "untouched" or got is None:
        wanted_exit = 4 if answer.outcome == "untouched" else None
        if got is None and done.returncode == wanted_exit:
            return []
        return ["exit %d, %s; wanted %s" % (done.returncode, done.stderr.strip(), answer.outcome)]
    found = []
    for mine, theirs in FIELDS.items():
        wanted = getattr(answer, mine)
        if (mine, wanted) != ("status", None) and got.get(theirs) != wanted:
            found.append("%s is %r, wanted %r" % (theirs, got.get(theirs), wanted))
    results = {rule["rule"]: rule["result"] for rule in got["rules"] if rule["result"] != "not reached"}
    if results != answer.results:
        found.append("rules are %s, wanted %s" % (results, answer.results))
    if (got["metrics"] is not None) != answer.fetched_metrics:
        found.append("metrics were %sfetched" % ("" if got["metrics"] is not None else "not "))
    if done.returncode != (1 if answer.outcome == "failed" else 0):
        found.append("exit code %d" % done.returncode)
    return found + values_differ(got, answer)


def due(case):
    return oracle.decide(case.policy, case.behaviour, case.state, case.params)


def differ(case, folder):
    got, done = ask(case, folder)
    return differences(got, done, due(case))


# ---- shrinking --------------------------------------------------------------------------------------------

def smaller(state):
    """States with one thing less, the largest losses first."""
    for page in range(len(state["MetricDataResults"])):
        less = copy.deepcopy(state)
        del less["MetricDataResults"][page]
        yield less
    for number in range(len(state["services"])):
        for key in ("events", "deployments", "tags"):
            for item in range(len(state["services"][number].get(key, []))):
                less = copy.deepcopy(state)
                del less["services"][number][key][item]
                yield less
        if len(state["services"]) > 1 and state["services"][number]["serviceName"] != oracle.SERVICE:
            less = copy.deepcopy(state)
            del less["services"][number]
            yield less
    for page, result in enumerate(state["MetricDataResults"]):
        size = len(result["Values"])
        for width in (size // 2, size // 4, 4, 1):
            for first in range(0, size if width else 0, max(1, width)):
                less = copy.deepcopy(state)
                del less["MetricDataResults"][page]["Timestamps"][first:first + width]
                del less["MetricDataResults"][page]["Values"][first:first + width]
                yield less


def shrink(case, folder, found):
    """The smallest state found whose difference begins as this one does: 400 tries."""
    kind = found[0].split(" ")[0]
    tries = 400
    shrunk = True
    while shrunk and tries > 0:
        shrunk = False
        for less in smaller(case.state):
            tries -= 1
            if tries <= 0:
                break
            candidate = case.with_state(less)
            left = differ(candidate, folder)
            if left and left[0].split(" ")[0] == kind:
                case, shrunk = candidate, True
                break
    return case


def describe(name, case, folder):
    small = shrink(case, folder, differ(case, folder))
    got, done = ask(small, folder)
    wanted = due(small)
    lines = ["FAILED %s: explain %s --policy %s %s" % (name, small.behaviour, small.policy.path,
                                                       " ".join(small.options))]
    lines += ["  " + line for line in differences(got, done, wanted)]
    if got:
        lines.append("  the program: " + ", ".join("%s %s" % (f, got.get(f)) for f in FIELDS.values()))
        lines.append("    " + got["summary"])
    lines.append("  the oracle:  " + ", ".join("%s %s" % (f, getattr(wanted, m)) for m, f in FIELDS.items()))
    lines.append("  state: " + json.dumps(small.state))
    return "\n".join(lines)


# ---- the run ----------------------------------------------------------------------------------------------

def run(numbers):
    """(passed, failed, outcomes seen, texts of the differences) of the cases of these names."""
    passed = failed = 0
    seen, texts = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for name in numbers:
            case = states.case(states.Luck("drowse:" + name))
            answer = due(case)
            found = differences(*ask(case, folder), answer)
            key = (case.policy.path, answer.outcome)
            seen[key] = seen.get(key, 0) + 1
            if not found:
                passed += 1
                continue
            failed += 1
            texts.append(describe(name, case, folder) if len(texts) < SHOWN else "FAILED %s: %s" % (name, found[0]))
    return passed, failed, seen, texts


def main():
    seed, count = os.environ.get("ORACLE_SEED", "1"), int(os.environ.get("ORACLE_STATES", "4000"))
    names = ["%s:%d" % (seed, number) for number in range(count)]
    if "ORACLE_ONLY" in os.environ:
        names = [os.environ["ORACLE_ONLY"]]
    passed = failed = 0
    seen = {}
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        for more_passed, more_failed, more_seen, texts in pool.map(run, [names[w::WORKERS] for w in range(WORKERS)]):
            passed, failed = passed + more_passed, failed + more_failed
            for key, value in more_seen.items():
                seen[key] = seen.get(key, 0) + value
            for text in texts:
                print(text)
    for policy in decision_policies.POLICIES:
        outcomes = sorted((outcome, n) for (path, outcome), n in seen.items() if path == policy.path)
        print("%s: %s" % (policy.path, ", ".join("%s %d" % pair for pair in outcomes)))
    missing = KINDS - {outcome for _, outcome in seen}
    if missing and len(names) >= 1000:
        print("FAILED: no state came to %s" % ", ".join(sorted(missing)))
        failed += len(missing)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
