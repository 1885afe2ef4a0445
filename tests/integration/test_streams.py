"""Where results go wrong: a full disk, a reader that went away, closed streams, an interrupt, a terminal.

Each case says what drowse must end with, and what the state file must hold afterwards.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import terminal

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
POLICY = os.path.join(TOP, "policies", "production.yaml")
STATE = os.path.join(TOP, "examples", "states", "sleep-idle.json")
CHECK = [DROWSE, "check", POLICY]
REPLAY = [DROWSE, "replay", "--policy", POLICY, os.path.join(TOP, "examples", "tunnel.json")]


def kill(state, *more):
    return [DROWSE, "run", "kill", "--policy", POLICY, "--state", state, *more]


def desired(state):
    with open(state, encoding="utf-8") as file:
        return json.load(file)["services"][0]["desiredCount"]


def closing(*streams):
    """What a child does before it becomes drowse."""
    return lambda: [os.close(stream) for stream in streams]


def full_disk(state):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(CHECK, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3 and b"cannot write the result: No space left" in done.stderr, done
    assert desired(state) == 1


def full_disk_after_a_change(state):
    """The change is made before it is told; that telling failed is an error all the same."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(kill(state, "--yes"), env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3, done
    assert desired(state) == 0


def reader_gone(_):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(REPLAY, env=ENVIRONMENT, stdout=writing, stderr=subprocess.PIPE, check=False,
                          restore_signals=True)
    os.close(writing)
    assert done.returncode == -signal.SIGPIPE and b"Traceback" not in done.stderr, done


def closed_input(state):
    done = subprocess.run(kill(state), env=ENVIRONMENT, preexec_fn=closing(0), capture_output=True, check=False)
    assert done.returncode == 2 and b"give --yes" in done.stderr, done
    assert desired(state) == 1


def closed_output(_):
    done = subprocess.run(CHECK, env=ENVIRONMENT, preexec_fn=closing(1), stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3 and b"cannot write the result" in done.stderr, done


def all_closed(state):
    """Files that are opened must not get the numbers of closed streams, and results must not reach them."""
    done = subprocess.run(kill(state, "--yes"), env=ENVIRONMENT, preexec_fn=closing(0, 1, 2), check=False)
    assert done.returncode == 3, done
    assert desired(state) == 0


def messages_closed(state):
    """Without stderr the result is what it is with it."""
    done = subprocess.run(kill(state, "--dry-run"), env=ENVIRONMENT, preexec_fn=closing(2), stdout=subprocess.PIPE,
                          check=False)
    assert done.returncode == 0 and json.loads(done.stdout)["dryRun"] is True, done
    assert desired(state) == 1


def on_terminal(words, typed=""):
    return terminal.run(words, {**ENVIRONMENT, "TERM": "xterm"}, typed)


def confirmed(state):
    code, printed = on_terminal(kill(state), "fluidity-server\n")
    assert code == 0 and "Type the service's name" in printed, (code, printed)
    assert desired(state) == 0


def not_confirmed(state):
    for typed in ("yes\n", "\n", "\x04"):
        code, printed = on_terminal(kill(state), typed)
        assert code == 4 and "nothing was changed" in printed, (code, printed)
        assert desired(state) == 1


def interrupted(state):
    code, printed = on_terminal(kill(state), "\x03")
    assert code == 130, (code, printed)
    assert desired(state) == 1


def coloured_on_terminal(_):
    code, printed = on_terminal([DROWSE, "plan", "--policy", POLICY, "--state", STATE])
    assert code == 0 and "\033[1m" in printed, (code, printed)
    plain = subprocess.run([DROWSE, "plan", "--policy", POLICY, "--state", STATE], env=ENVIRONMENT,
                           capture_output=True, check=False)
    assert plain.returncode == 0 and b"\033" not in plain.stdout, plain


CASES = [full_disk, full_disk_after_a_change, reader_gone, closed_input, closed_output, all_closed, messages_closed]
ON_TERMINALS = [confirmed, not_confirmed, interrupted, coloured_on_terminal]


def main():
    failed, cases = 0, list(CASES)
    if terminal.available():
        cases += ON_TERMINALS
    else:
        print("left out: what is asked and coloured on a terminal: this machine has no pseudo-terminals")
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="drowse-streams-") as folder:
            state = os.path.join(folder, "state.json")
            shutil.copy(STATE, state)
            try:
                case(state)
                left = sorted(os.listdir(folder))
                assert left == ["state.json"], "files left behind: %s" % left
            except (AssertionError, OSError, ValueError) as error:
                failed += 1
                print("FAILED %s: %s" % (case.__name__, error))
    print("%d passed, %d failed" % (len(cases) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
