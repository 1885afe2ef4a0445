"""Runs every command that the README and docs/ show.

A ```console block is a session: lines that begin with "$ " are commands, what follows is what they print, up to the
next command; a line "..." stands for any lines, and "..." within a line for anything there. With --update what does not
match is written down anew (put the "..." back where they were). A ```sh block is a script: it is run as a whole and must
end well, but for the lines of ELSEWHERE, which other tests run. Links to files of the project must lead somewhere.

Blocks of one document share a scratch copy of the project, with `drowse` on the PATH, so that they may change files.
What they ask AWS goes to the fake AWS, by a profile that the reader would have. `aws` is not run: aws_line.py checks
its operation and options against AWS's service models.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import aws_world as world

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
AWS_LINE = os.path.join(TOP, "tests", "integration", "aws_line.py")
ELSEWHERE = [  # run by .ci/run, or by the package manager of the reader's machine
    r"git clone .*", r"cd drowse", r"make demo", r"make test( ALL=1)?", r"make (lint|bench|cover|fuzz|soak|help)",
    r"sudo apt-get install (-y )?git make", r"sudo make install( prefix=\S+)?", r"make", r"make packages && make",
    r"make lambda", r"make test SANITIZER=\S+",
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
AWS_FILES = {
    "config": f"[default]\nregion = {world.REGION}\n[profile my-profile]\nregion = {world.REGION}\n",
    "credentials": "".join(f"[{name}]\naws_access_key_id = {world.KEY}\naws_secret_access_key = {world.SECRET}\n"
                           for name in ("default", "my-profile")),
}
# What the documents' readers have: a busy service of their own, and the one of the policies shipped.
WORLD = {
    "services": [world.service("my-service", "my-cluster", events=[
        {"ago_s": 90000, "message": "(service my-service) has started 1 tasks: (task 1)."}]),
        world.service("fluidity-server", "fluidity")],
    "metrics": world.busy_metrics(),
}


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


def line_pattern(wanted):
    if wanted.strip() == "...":
        return r"(?:.*\n)*?"
    return ".*".join(re.escape(part) for part in wanted.rstrip().split("...")) + r"[ ]*\n"


def matches(got, wanted):
    pattern = "".join(map(line_pattern, wanted))
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in got.splitlines())) is not None


def broken_links(path, text):
    outside_code = FENCE.sub("", text)
    found = []
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", outside_code):
        if not link.startswith("http") and not os.path.exists(os.path.join(os.path.dirname(path), link)):
            found.append(link)
    for name in re.findall(r"`((?:examples|policies|docs|tests|include|engine|lambdas)/[\w./-]+)`", outside_code):
        if not os.path.exists(os.path.join(TOP, name)):
            found.append(name)
    return found


class Document:
    """One document, and the scratch folder that its blocks run in."""

    def __init__(self, path, folder, aws):
        self.path, self.folder = path, folder
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.passed = self.failed = self.unchecked = 0
        self.environment = {"PATH": "%s/bin:%s:/usr/bin:/bin" % (folder, os.path.dirname(DROWSE)), "LANG": "C.UTF-8",
                            "COLUMNS": "100", "HOME": folder, "AWS_ENDPOINT_URL": aws.url, "USER": "alice",
                            "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("policies", "examples"):
            shutil.copytree(os.path.join(TOP, name), os.path.join(folder, name))
        os.mkdir(os.path.join(folder, ".aws"))
        for name, text in AWS_FILES.items():
            self.write(".aws/" + name, text)
        self.write("build/lambda/bootstrap.zip", "stands for the bootstrap\n")
        python = world.venv_python()
        self.write("bin/aws", '#!/bin/sh\nexec %s %s "$@"\n' % (python, AWS_LINE) if python else "#!/bin/sh\n")
        os.chmod(os.path.join(folder, "bin/aws"), 0o755)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def run(self, command):
        return subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment, text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def tell(self, good, complaint):
        self.passed += good
        self.failed += not good
        if not good:
            print("FAILED %s: %s" % (os.path.relpath(self.path, TOP), complaint))

    def check_links(self):
        for link in broken_links(self.path, self.text):
            self.tell(False, "%s leads nowhere" % link)

    def check_session(self, command, wanted):
        done = self.run(command)
        self.tell(matches(done.stdout, wanted), "$ %s\n--- wanted\n%s\n--- got (exit %d)\n%s---" % (
            command, "\n".join(wanted), done.returncode, done.stdout))

    def check_script(self, block):
        lines = [line for line in block.splitlines() if line.strip()]
        elsewhere = [any(re.fullmatch(p, line.split("#")[0].strip()) for p in ELSEWHERE) for line in lines]
        self.passed += sum(elsewhere)
        script = [line for line, other in zip(lines, elsewhere) if not other]
        if not script:
            return
        if any(line.startswith("aws ") for line in script) and not world.venv_python():
            self.unchecked += 1
        done = self.run("set -e\n" + "\n".join(script))
        self.tell(done.returncode == 0, "exit %d of\n%s\n--- it printed\n%s---" % (done.returncode, block, done.stdout))

    def rewrite(self, block):
        """Writes down what its commands print now, where that is not what is shown."""
        lines = []
        for command, wanted in sessions(block):
            lines.append("$ " + command.replace("\n", "\n> "))
            got = self.run(command).stdout
            lines += wanted if matches(got, wanted) else [line.rstrip() for line in got.splitlines()]
        self.text = self.text.replace(block, "\n".join(lines) + "\n")

    def check(self, update):
        self.check_links()
        for language, block in FENCE.findall(self.text):
            if language == "sh":
                self.check_script(block)
            elif language == "console" and update:
                self.rewrite(block)
            elif language == "console":
                for command, wanted in sessions(block):
                    self.check_session(command, wanted)
        if update:
            with open(self.path, "w", encoding="utf-8") as out:
                out.write(self.text)


def main():
    paths = [os.path.join(TOP, "README.md")] + sorted(glob.glob(os.path.join(TOP, "docs", "*.md")))
    passed = failed = unchecked = 0
    for path in paths:
        with world.FakeAws(WORLD) as aws, tempfile.TemporaryDirectory(prefix="drowse-docs-") as folder:
            document = Document(path, folder, aws)
            document.check("--update" in sys.argv)
        passed, failed = passed + document.passed, failed + document.failed
        unchecked += document.unchecked
    if unchecked:
        print("left out: options of the documents' `aws` commands: there is no Python environment that has botocore")
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
