"""A state file that cannot be written: the command says so, ends with 3, and changes nothing; nothing is left beside."""
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
NOBODY = 65534


def full_disk():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def no_rights():
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def run(folder, behaviour, preexec):
    words = [os.path.join(folder, "drowse"), "run", behaviour, "--yes", "--policy",
             os.path.join(folder, "policies", "production.yaml"), "--state", os.path.join(folder, "state", "state.json")]
    return subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=preexec,
                          stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"})


def attempt(folder, behaviour, example, preexec):
    """Everything that a nobody must read is copied where it may be read."""
    inner = os.path.join(folder, "state")
    os.mkdir(inner)
    state = os.path.join(inner, "state.json")
    shutil.copy(os.path.join(TOP, "examples", "states", example), state)
    shutil.copy(DROWSE, os.path.join(folder, "drowse"))
    shutil.copytree(os.path.join(TOP, "policies"), os.path.join(folder, "policies"))
    before = open(state, "rb").read()
    for path in (folder, inner):
        os.chmod(path, 0o755)
    if os.geteuid() != 0:
        os.chmod(inner, 0o555)
    os.chmod(state, 0o644)
    done = run(folder, behaviour, preexec)
    faults = []
    if done.returncode != 3:
        faults.append("exit code %d" % done.returncode)
    if "state.json" not in done.stderr:
        faults.append("stderr does not name the file: %r" % done.stderr)
    if open(state, "rb").read() != before:
        faults.append("the state changed")
    if os.listdir(inner) != ["state.json"]:
        faults.append("left behind: %s" % os.listdir(inner))
    if os.geteuid() != 0:
        os.chmod(inner, 0o755)
    return faults


def main():
    passed = failed = 0
    for name, preexec in (("no room", full_disk), ("no rights", no_rights)):
        for behaviour, example in (("wake", "wake-stopped.json"), ("sleep", "sleep-idle.json"),
                                   ("kill", "kill-running.json")):
            with tempfile.TemporaryDirectory() as folder:
                faults = attempt(folder, behaviour, example, preexec)
            for fault in faults:
                print("FAILED %s, %s: %s" % (behaviour, name, fault))
            failed += bool(faults)
            passed += not faults
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
