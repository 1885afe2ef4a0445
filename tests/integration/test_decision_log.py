"""`run --log FILE`: a record a decision, appended; a run that cannot be recorded does not happen."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DROWSE = os.environ.get("DROWSE", str(ROOT / "build/drowse"))
STATE = ROOT / "examples/states/sleep-idle.json"


def run(folder, *words):
    return subprocess.run([DROWSE, "run", *words, "--policy", ROOT / "policies/production.yaml", "--state",
                           folder / "state.json"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], "USER": "alice"})


def desired(folder):
    return json.loads((folder / "state.json").read_text())["services"][0]["desiredCount"]


def appends_one_line_a_decision(folder):
    log = folder / "decisions.log"
    for words in (["sleep", "--dry-run"], ["sleep"], ["sleep"], ["wake"]):
        done = run(folder, *words, "--log", log)
        assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(r["behaviour"], r["rule"], r["outcome"]) for r in records] == [
        ("sleep", "idle", "dry_run"), ("sleep", "idle", "applied"), ("sleep", "stopped", "nothing_to_apply"),
        ("wake", "start", "applied")], records
    assert all(r["caller"].get("principal") == "alice" for r in records), records[0]["caller"]
    assert records[1]["snapshot"]["metrics"]["connections"]["points"], "the points that it decided on"


def does_not_run_without_its_log(folder):
    done = run(folder, "sleep", "--log", folder / "no-such-folder/decisions.log")
    assert done.returncode == 2 and "no-such-folder" in done.stderr, done.stderr
    assert desired(folder) == 1, "the service was put to sleep all the same"


def says_that_it_could_not_write(folder):
    done = run(folder, "sleep", "--log", "/dev/full")
    assert done.returncode == 3 and "/dev/full" in done.stderr, (done.returncode, done.stderr)
    assert desired(folder) == 0 and json.loads(done.stdout)["action"] == "scaled_down", done.stdout


def main():
    passed = failed = 0
    for test in (appends_one_line_a_decision, does_not_run_without_its_log, says_that_it_could_not_write):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            shutil.copy(STATE, folder / "state.json")
            try:
                test(folder)
                passed += 1
            except (AssertionError, KeyError, ValueError) as error:
                print(f"FAILED {test.__name__}: {error!r}")
                failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
