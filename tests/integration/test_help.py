"""Runs every example that `drowse --help` and `drowse COMMAND --help` show.

Each runs in a scratch copy of the project's policies and examples, together with the two files that stand for the
reader's own: state.json (a copy of a shipped state) and connections.csv. What it asks AWS the fake AWS answers. Each
must exit as documented, and say nothing on stderr that is no note. Every file that an example reads must be there
before it runs, what it writes afterwards, and every topic that `drowse help` offers must be one. Nothing but the files
of the reader may be changed.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import aws_world as world

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
OWN = ("state.json", "connections.csv", "week.json")
WIDTH = 120
# What ends otherwise than with 0, and why that is documented.
EXITS = {"plan sleep --detailed-exitcode": 2}
NOTES = re.compile(r"drowse: (note|warning): .*|drowse: dry run: nothing was changed|"
                   r"drowse: \d+ services? and \d+ points are in .*|\{.*\}")  # {}: the log of `invoke`
WORLD = {"services": [world.service("fluidity-server", "fluidity")], "metrics": world.idle_metrics()}


def run(words, folder, environment):
    return subprocess.run(words, cwd=folder, text=True, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          env=dict(environment, PATH=os.path.dirname(DROWSE) + ":/usr/bin:/bin"))


def shell(line, folder, environment):
    return run(["bash", "-c", line], folder, environment)


def commands(overview):
    block = overview.split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    return [line.split()[0] for line in block.splitlines()]


def examples(text):
    """(comment, line) of each."""
    block = text.split("Examples:\n", 1)[1].split("\n\n", 1)[0].splitlines()
    comments, lines = block[0::2], block[1::2]
    if len(comments) != len(lines) or not all(c.startswith("  # ") for c in comments):
        raise ValueError("examples are no pairs of a comment and a line:\n" + "\n".join(block))
    return [(comment[4:], line.strip()) for comment, line in zip(comments, lines)]


def scratch(folder):
    for name in ("policies", "examples"):
        shutil.copytree(os.path.join(TOP, name), os.path.join(folder, name))
    shutil.copy(os.path.join(TOP, "examples", "states", "sleep-idle.json"), os.path.join(folder, "state.json"))
    with open(os.path.join(folder, "connections.csv"), "w", encoding="utf-8") as out:
        out.write("timestamp,value\n")
        out.writelines("2026-02-02 %02d:%02d:00,%d\n" % (m // 60, m % 60, 3 * (m % 240 < 60)) for m in range(720))


def contents(folder):
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            if os.path.relpath(path, folder) not in OWN:
                with open(path, "rb") as file:
                    found[path] = file.read()
    return found


def named_files(line):
    """(read, written)"""
    words = shlex.split(line)
    written = [words[i + 1] for i, word in enumerate(words) if word in ("-o", "--output")]
    values = [word.split("=", 1)[-1] for word in words]
    read = [word for word in values if re.search(r"\.(ya?ml|lua|json|csv)$", word) and "*" not in word]
    return [word for word in read if word not in written], written


def complaint_about_run(line, folder, environment):
    wanted = next((code for part, code in EXITS.items() if part in line), 0)
    done = shell(line, folder, environment)
    strange = [said for said in done.stderr.splitlines() if not NOTES.fullmatch(said)]
    missing = [name for name in named_files(line)[1] if not os.path.exists(os.path.join(folder, name))]
    if done.returncode != wanted or strange:
        return "exit %d, wanted %d; stderr:\n%s" % (done.returncode, wanted, done.stderr)
    if missing:
        return "it wrote no %s" % missing[0]
    return "" if done.stdout or named_files(line)[1] else "it printed nothing"


def check_example(line):
    with tempfile.TemporaryDirectory(prefix="drowse-help-") as folder, world.FakeAws(WORLD) as aws:
        scratch(folder)
        before = contents(folder)
        for name in named_files(line)[0]:
            if not os.path.exists(os.path.join(folder, name)):
                return "it names %s, which is not there" % name
        complaint = complaint_about_run(line, folder, aws.environment())
        if complaint:
            return complaint
        if contents(folder) != before:
            return "it changed a file that is not the reader's own"
    return ""


def complaints_about(name, text):
    found = ["%d columns: %s" % (len(line), line) for line in text.splitlines() if len(line) > WIDTH]
    shown = examples(text)
    if not shown:
        found.append("it shows no example")
    for _, line in shown:
        complaint = check_example(line)
        if complaint:
            found.append("`%s`: %s" % (line, complaint))
    return ["%s: %s" % (name, complaint) for complaint in found], len(shown) + 1


def topics(overview):
    return re.search(r"^  help .*: (.*)$", overview, re.M)[1].split(", ")


def main():
    failed = passed = 0
    plain = world.clean_environment()
    overview = run([DROWSE, "--help"], TOP, plain).stdout
    pages = [("drowse --help", overview)]
    pages += [("drowse %s --help" % name, run([DROWSE, name, "--help"], TOP, plain).stdout)
              for name in commands(overview)]
    for name, text in pages:
        complaints, tests = complaints_about(name, text)
        for complaint in complaints:
            print("FAILED %s" % complaint)
        failed += len(complaints)
        passed += max(0, tests - len(complaints))
    for topic in topics(overview):
        done = run([DROWSE, "help", topic], TOP, plain)
        good = done.returncode == 0 and done.stdout and not done.stderr
        failed, passed = failed + (not good), passed + bool(good)
        if not good:
            print("FAILED drowse help %s: exit %d\n%s" % (topic, done.returncode, done.stderr))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
