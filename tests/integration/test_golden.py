#!/usr/bin/env python3
"""Golden files of the command line.

    tests/integration/test_golden.py [--update] [NAME...]

tests/cases/cli/NAME/ is a case: a folder that is copied, beside copies of the project's policies/ and examples/
(a case may bring its own), and in which the steps of its file `cmd` run. A step is a line, split as a shell
would, without a shell:
    [VARIABLE=VALUE...] drowse ARGUMENT... [<FILE]
    cat FILE | list FOLDER | mkdir FOLDER | link TARGET NAME
What the steps print must be what `stdout` and `stderr` hold (absent: nothing), the codes of the drowse steps
what `exit` holds, one a line (absent: 0 each). With several steps each output stands under its line.

tests/cases/faulty/FILE.yaml or .lua is a policy that `drowse check` refuses or warns of, as FILE.yaml.expected
shows. Where FILE has a line `# faults: N` (`-- faults: N` in Lua), N errors must be reported, no fewer.

--update writes what was printed over what was expected: read the difference before you commit it."""
import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import difflib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DROWSE = pathlib.Path(os.environ.get("DROWSE", ROOT / "build" / "drowse")).resolve()
CASES = ROOT / "tests" / "cases"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "COLUMNS": "100"}
EXPECTED_FILES = ("stdout", "stderr", "exit")
SECONDS = 20


class Outcome:
    """What a case's steps printed and answered."""
    def __init__(self):
        self.stdout, self.stderr, self.codes = [], [], []

    def texts(self, lines):
        def joined(parts):
            if len(lines) == 1:
                return parts[0]
            return "".join(f"$ {line}\n{part}" for line, part in zip(lines, parts) if part)
        exits = "".join(f"{code}\n" for code in self.codes)
        return {"stdout": joined(self.stdout), "stderr": joined(self.stderr),
                "exit": "" if set(self.codes) <= {0} else exits}


def run_drowse(words, folder):
    environment, stdin = dict(ENVIRONMENT), subprocess.DEVNULL
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    if words[-1].startswith("<"):
        stdin = open(folder / words.pop()[1:], "rb")
    try:
        done = subprocess.run([DROWSE] + words[1:], cwd=folder, env=environment, stdin=stdin, capture_output=True,
                              timeout=SECONDS, check=False)
        return done.stdout.decode("utf-8", "backslashreplace"), done.stderr.decode("utf-8", "backslashreplace"), \
            done.returncode
    except subprocess.TimeoutExpired:
        return "", f"(still running after {SECONDS} s)\n", -1
    finally:
        if stdin is not subprocess.DEVNULL:
            stdin.close()


def cat(folder, name):
    return (folder / name).read_text(encoding="utf-8")


def list_folder(folder, name):
    return "".join(f"{path.name}\n" for path in sorted((folder / name).iterdir()))


def make_folder(folder, name):
    (folder / name).mkdir()
    return ""


def link(folder, target, name):
    (folder / name).symlink_to(target)
    return ""


TOOLS = {"cat": cat, "list": list_folder, "mkdir": make_folder, "link": link}


def run_step(line, folder, outcome):
    words = shlex.split(line)
    if words[0] in TOOLS:
        outcome.stdout.append(TOOLS[words[0]](folder, *words[1:]))
        outcome.stderr.append("")
        return
    if "drowse" not in words:
        raise ValueError(f"no such step: {line}")
    stdout, stderr, code = run_drowse(words, folder)
    outcome.stdout.append(stdout)
    outcome.stderr.append(stderr)
    outcome.codes.append(code)


def steps_of(case):
    lines = (case / "cmd").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def run_cli_case(case):
    lines, outcome = steps_of(case), Outcome()
    with tempfile.TemporaryDirectory(prefix="drowse-golden-") as top:
        folder = pathlib.Path(top) / "work"
        shutil.copytree(case, folder, symlinks=True, ignore=lambda at, names: EXPECTED_FILES + ("cmd",)
                        if pathlib.Path(at) == case else ())
        for name in ("policies", "examples"):
            if not (folder / name).exists():
                shutil.copytree(ROOT / name, folder / name)  # a step may change what it runs on
        for line in lines:
            run_step(line, folder, outcome)
    return {case / name: text for name, text in outcome.texts(lines).items()}


def run_faulty_case(path):
    stdout, stderr, code = run_drowse(["drowse", "check", path.name], path.parent)
    printed = "".join(f"--- {title}\n{text}" for title, text in (("stdout", stdout), ("stderr", stderr)) if text)
    return {path.with_name(path.name + ".expected"): f"{printed}--- exit {code}\n"}


def count_complaint(path, texts):
    """What is wrong with the number of errors, where the file says how many it holds."""
    said = re.search(r"^(?:#|--) faults: (\d+)$", path.read_text(encoding="utf-8", errors="replace"), re.M)
    if not said:
        return ""
    found = sum(len(re.findall(r"^[^\s:][^:\n]*:(?:\d+:\d+:)? error: ", text, re.M)) for text in texts.values())
    return "" if found == int(said[1]) else f"{path.name} holds {said[1]} faults, and {found} were reported\n"


def crash_complaint(texts):
    for path, text in texts.items():
        codes = re.findall(r"-\d+" if path.name == "exit" else r"^--- exit (-\d+)$", text, re.M)
        if codes:
            return f"a signal or the time limit ended it ({', '.join(codes)})\n"
    return ""


def difference(path, expected, got):
    name = str(path.relative_to(ROOT))
    return "".join(difflib.unified_diff(expected.splitlines(True), got.splitlines(True), f"{name} (expected)",
                                        f"{name} (printed)"))


def settle(path, got, update):
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if expected == got:
        return ""
    if not update:
        return difference(path, expected, got)
    if got:
        path.write_text(got, encoding="utf-8")
    else:
        path.unlink()
    print(f"written: {path.relative_to(ROOT)}")
    return ""


def check(case, update):
    """The complaint about a case, empty where it passes."""
    faulty = case.is_file()
    try:
        texts = run_faulty_case(case) if faulty else run_cli_case(case)
    except (OSError, ValueError, TypeError) as error:
        return f"the case itself is broken: {error}\n"
    complaint = crash_complaint(texts) + (count_complaint(case, texts) if faulty else "")
    if complaint:
        return complaint + "".join(texts.values())
    return "".join(settle(path, got, update) for path, got in texts.items())


def cases(names):
    found = sorted(path.parent for path in (CASES / "cli").glob("*/cmd"))
    found += sorted(path for path in (CASES / "faulty").glob("*") if path.suffix in (".yaml", ".lua"))
    return [case for case in found if not names or case.name in names or case.stem in names]


def main():
    parser = argparse.ArgumentParser(description="Golden files of the command line.")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    passed = failed = 0
    for case in cases(options.names):
        complaint = check(case, options.update)
        if complaint:
            failed += 1
            print(f"FAILED: {case.relative_to(ROOT)}\n{complaint}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
