"""Runs every command that the README and docs/ show.

A ```console block is a session: lines that begin with "$ " are commands, what follows is what they print, up to the
next command; a line "..." stands for any lines. With --update what they print is written down anew, but for blocks
that hold a "...". Sessions of one document share a scratch copy of the project, with
`drowse` on the PATH, so that they may change files. A ```sh block holds only commands of the list below, which other
tests run. Links to files of the project must lead somewhere.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
ELSEWHERE = [  # run by .ci/run, or by the package manager of the reader's machine
    r"git clone .*", r"cd drowse", r"make demo", r"make test( ALL=1)?", r"make (lint|bench|cover|fuzz|help)",
    r"sudo apt-get install (-y )?git make", r"sudo make install( prefix=\S+)?", r"make", r"make test SANITIZER=\S+",
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def sessions(block):
    """(command, wanted lines) of a console block."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and line.startswith("> "):
            found[-1] = (found[-1][0] + "\n" + line[2:], [])
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError("a console block begins with output: %r" % line)
    return found


def matches(got, wanted):
    pattern = "".join(r"(?:.*\n)*?" if w.strip() == "..." else re.escape(w.rstrip()) + r"[ ]*\n" for w in wanted)
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in got.splitlines())) is not None


def run_session(command, wanted, folder, environment):
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if matches(done.stdout, wanted):
        return True
    print("FAILED $ %s\n--- wanted\n%s\n--- got (exit %d)\n%s---" % (command, "\n".join(wanted), done.returncode,
                                                                   done.stdout))
    return False


def rewrite(block, folder, environment):
    """The block with what its commands print now."""
    lines = []
    for command, _ in sessions(block):
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines.append("$ " + command.replace("\n", "\n> "))
        lines += [line.rstrip() for line in done.stdout.splitlines()]
    return "\n".join(lines) + "\n"


def broken_links(path, text):
    outside_code = FENCE.sub("", text)
    found = []
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", outside_code):
        if not link.startswith("http") and not os.path.exists(os.path.join(os.path.dirname(path), link)):
            found.append(link)
    for name in re.findall(r"`((?:examples|policies|docs|tests|include|engine)/[\w./-]+)`", outside_code):
        if not os.path.exists(os.path.join(TOP, name)):
            found.append(name)
    return found


def check_document(path, update):
    text = open(path, encoding="utf-8").read()
    passed = failed = 0
    for link in broken_links(path, text):
        print("FAILED %s: %s leads nowhere" % (os.path.relpath(path, TOP), link))
        failed += 1
    with tempfile.TemporaryDirectory() as folder:
        for name in ("policies", "examples"):
            shutil.copytree(os.path.join(TOP, name), os.path.join(folder, name))
        environment = {"PATH": os.path.dirname(DROWSE) + ":/usr/bin:/bin", "LANG": "C.UTF-8", "COLUMNS": "100",
                       "HOME": folder}
        for language, block in FENCE.findall(text):
            if language == "sh":
                for line in filter(None, map(str.strip, block.splitlines())):
                    if any(re.fullmatch(p, line.split("#")[0].strip()) for p in ELSEWHERE):
                        passed += 1
                    else:
                        failed += 1
                        print("FAILED %s: no test runs `%s`" % (os.path.relpath(path, TOP), line))
            if language == "console" and update and "\n...\n" not in block:
                text = text.replace(block, rewrite(block, folder, environment))
            elif language == "console":
                for command, wanted in sessions(block):
                    if run_session(command, wanted, folder, environment):
                        passed += 1
                    else:
                        failed += 1
                        print("  in %s" % os.path.relpath(path, TOP))
    if update:
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    return passed, failed


def main():
    documents = [os.path.join(TOP, "README.md")] + sorted(glob.glob(os.path.join(TOP, "docs", "*.md")))
    totals = [check_document(d, "--update" in sys.argv) for d in documents]
    passed, failed = (sum(t[i] for t in totals) for i in (0, 1))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
