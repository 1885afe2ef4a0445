"""Runs the data-driven cases of tests/cases/contract and tests/cases/recipes: each a state, a behaviour and the answer
it must give.

Every case runs against production.yaml and against its Lua twin (or the policies that the case names), through the
command line, and compares the whole answer, field by field and in order; with "subset", the fields that it names.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import case_world  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
FOLDERS = ["contract", "recipes"]
TWINS = ["policies/production.yaml", "policies/production.lua"]


def command(case, policy, state):
    words = [DROWSE, "run", case["behaviour"], "--policy", os.path.join(TOP, policy), "--state", state, "--yes"]
    if "request" in case:
        words += ["--request", json.dumps(case["request"])]
    return words + case.get("options", [])


def differences(case, done, state):
    expected = case["expect"]
    wanted_code = case.get("exit", 0)
    if done.returncode != wanted_code:
        return ["exit code %d, wanted %d" % (done.returncode, wanted_code)]
    if expected is None:
        missing = [t for t in case.get("stderr", []) if t not in done.stderr]
        return ["stderr lacks %r" % t for t in missing] + (["stdout is not empty"] if done.stdout else [])
    got = json.loads(done.stdout)
    found = []
    for field, value in expected.items():
        if field not in got:
            found.append("%s is absent, wanted %r" % (field, value))
        elif not same(got[field], value):
            found.append("%s is %r, wanted %r" % (field, got[field], value))
    if not case.get("subset"):
        found += ["%s is not expected" % f for f in got if f not in expected]
        if not found and list(got) != list(expected):
            found.append("fields come as %s, wanted %s" % (list(got), list(expected)))
    after = case.get("after")
    if after is not None:
        counts = [s["desiredCount"] for s in json.load(open(state, encoding="utf-8"))["services"]]
        if counts != after:
            found.append("desired counts are %s afterwards, wanted %s" % (counts, after))
    return found


def same(got, wanted):
    if isinstance(wanted, dict) and set(wanted) == {"contains"}:
        return isinstance(got, str) and wanted["contains"] in got
    return type(got) is type(wanted) and got == wanted or (
        isinstance(got, (int, float)) and isinstance(wanted, (int, float)) and not isinstance(got, bool)
        and not isinstance(wanted, bool) and got == wanted)


def run_case(case, policy, folder):
    state = os.path.join(folder, "state.json")
    case_world.write_state(case, state)
    environment = dict({"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, **case.get("environment", {}))
    done = subprocess.run(command(case, policy, state), capture_output=True, text=True, env=environment, check=False,
                          stdin=subprocess.DEVNULL)
    try:
        found = differences(case, done, state)
    except (ValueError, KeyError) as error:
        found = ["the answer cannot be read: %s" % error]
    if found:
        print("FAILED %s [%s]\n  %s" % (case["name"], policy, "\n  ".join(found)))
        print("  stdout: %s\n  stderr: %s" % (done.stdout.strip(), done.stderr.strip()))
    return not found


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(p for d in FOLDERS for p in glob.glob(os.path.join(TOP, "tests", "cases", d, "*.json"))):
            cases = json.load(open(path, encoding="utf-8"))
            names = [c["name"] for c in cases]
            assert len(set(names)) == len(names), "%s: two cases of one name" % path
            for case in cases:
                for policy in case.get("policies", TWINS):
                    if run_case(case, policy, folder):
                        passed += 1
                    else:
                        failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
