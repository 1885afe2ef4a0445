"""Servers to test against, and drowse run against them: the fake AWS of tests/tools/fake_aws.c, and moto.

    with FakeAws(world) as aws:
        done = aws.drowse("run", "sleep", "--policy", path)
        assert done.code == 0 and aws.counts()["UpdateService"] == 1

Every server listens on loopback, on a free port, and is stopped when its block ends.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))
DROWSE = os.environ.get("DROWSE", str(BUILD / "drowse"))
FAKE_AWS = BUILD / "tests/tools/fake_aws"
REGION, ACCOUNT = "eu-west-1", "123456789012"
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
# Figures of the cells of the fault matrix: what takes longer than this is a fault.
QUICK = {"DROWSE_AWS_TIMEOUT_MS": "60", "DROWSE_AWS_CONNECT_TIMEOUT_MS": "60", "DROWSE_AWS_RETRY_MS": "1"}


@dataclasses.dataclass
class Done:
    """A process that has ended."""
    code: int
    out: str
    err: str
    seconds: float
    peak_kb: int = 0

    def json(self):
        return json.loads(self.out)

    def all(self):
        return self.out + self.err

    def __str__(self):
        return f"exit code {self.code}\nstdout: {self.out[-3000:]}\nstderr: {self.err[-3000:]}"


def clean_environment(**more):
    """As `env -i` gives it, with a home that has no AWS files and no metadata service."""
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
    env.update({key: str(value) for key, value in more.items() if value is not None})
    return env


def call(arguments, env, stdin=b"", seconds=60):
    """Runs a program to its end; its own peak of memory is read as it ends."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen([str(a) for a in arguments], env=env, cwd=ROOT, stdin=given, stdout=out, stderr=err)
        deadline = started + seconds
        late = False
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline and not late:
                late = True
                process.kill()
            time.sleep(0.001)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = time.monotonic() - started
        out.seek(0)
        err.seek(0)
        texts = out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")
    if late:
        raise AssertionError(f"still running after {seconds} s: {arguments}\n{texts[1][-2000:]}")
    return Done(process.returncode, *texts, taken, usage.ru_maxrss)


def free_port():
    """A port that nobody listens on, for now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, body=None, content_type="application/json"):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": content_type})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return answer.read()


class Server:
    """What is common to the servers: an address, the environment of their clients, and an end."""
    process = None
    port = 0
    secret, key, token = SECRET, KEY, None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more):
        env = clean_environment(AWS_REGION=REGION, AWS_ACCESS_KEY_ID=self.key, AWS_SECRET_ACCESS_KEY=self.secret,
                                AWS_SESSION_TOKEN=self.token, AWS_ENDPOINT_URL=self.url)
        env.update({key: str(value) for key, value in more.items() if value is not None})
        return {key: value for key, value in env.items() if more.get(key, "") is not None}

    def drowse(self, *arguments, seconds=60, **more):
        """drowse with the environment of this server's clients; a variable that is None is taken away."""
        return call([DROWSE, *arguments], self.environment(**more), seconds=seconds)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()


class FakeAws(Server):
    """tests/tools/fake_aws.c. `world` is described in tests/support/fake_aws.h."""

    def __init__(self, world=None, options=()):
        self.world, self.options = world or {}, [str(option) for option in options]

    def start(self):
        self.process = subprocess.Popen([str(FAKE_AWS), "--until-input-ends", *self.options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"})
        self.port = int(self.process.stdout.readline())
        if self.world:
            self.control(world=self.world)

    def stop(self):
        super().stop()
        for stream in (self.process.stdin, self.process.stdout) if self.process else ():
            stream.close()
        # Built with sanitizers, it tells so of its own faults.
        if self.process and self.process.returncode:
            raise AssertionError(f"the fake AWS ended with {self.process.returncode}")

    def control(self, **what):
        ask(self.url + "/control", what)

    def begin(self, world=None, faults=(), on=(), **more):
        """A new world without memory of what was."""
        self.control(world=world if world is not None else self.world, faults=list(faults), on=list(on),
                     clear_log=True, clock_offset_s=0, **more)

    def come_back(self):
        """After a fault of kind vanish."""
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(400):
            with contextlib.suppress(OSError):
                return self.log()
            time.sleep(0.01)
        raise AssertionError("the fake AWS did not come back")

    def log(self):
        return json.loads(ask(self.url + "/control/log"))

    def counts(self):
        return self.log()["counts"]

    def calls(self, operation=None):
        return [call for call in self.log()["calls"] if operation in (None, call["operation"])]

    def keys(self):
        return json.loads(ask(self.url + "/control/keys"))


def venv_python():
    """The Python of the environment that moto and botocore are installed in; None where there is none."""
    folder = os.environ.get("VENV")
    python = pathlib.Path(folder) / "bin/python" if folder else None
    return python if python and python.exists() else None


class Moto(Server):
    """moto's server, as moto_steps.py starts it: with a clock that can be moved, and signatures checked."""
    token = None

    def __init__(self, python):
        self.python = python
        self.folder = tempfile.TemporaryDirectory(prefix="drowse-moto-")
        self.offset = pathlib.Path(self.folder.name) / "offset"

    @property
    def clock_moves(self):
        return bool(os.environ.get("FAKETIME"))

    def start(self):
        env = {"PATH": "/usr/bin:/bin", "HOME": self.folder.name, "PYTHONDONTWRITEBYTECODE": "1"}
        self.move_clock("+0")
        if self.clock_moves:
            env.update(LD_PRELOAD=os.environ["FAKETIME"], FAKETIME_TIMESTAMP_FILE=str(self.offset),
                       FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1")
        self.port = free_port()
        self.output = open(pathlib.Path(self.folder.name) / "output", "wb")
        command = [str(self.python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
                                        env=env, cwd=self.folder.name)
        self.wait_until_it_answers()

    def wait_until_it_answers(self):
        for _ in range(600):
            with contextlib.suppress(OSError):
                ask(self.url + "/moto-api/data.json")
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        text = (pathlib.Path(self.folder.name) / "output").read_text(errors="replace")
        raise AssertionError(f"moto does not answer:\n{text[-2000:]}")

    def move_clock(self, offset):
        """As libfaketime reads it: "-3h", "+0"."""
        self.offset.write_text(offset + "\n")

    def stop(self):
        super().stop()
        if self.process:
            self.output.close()
        self.folder.cleanup()

    def reset(self):
        ask(self.url + "/moto-api/reset", b"")

    def check_signatures(self, on=True):
        ask(self.url + "/moto-api/reset-auth", b"0" if on else b"1000000", "application/octet-stream")


class Tally:
    """Runs tests one by one, says what failed, and prints the closing line."""

    def __init__(self):
        self.passed, self.failures = 0, []

    def run(self, name, test, *arguments):
        try:
            test(*arguments)
            self.passed += 1
        except AssertionError as fault:
            self.fail(name, str(fault) or "an assertion")
        except Exception as fault:  # a broken test is a failed one, and the others still run
            self.fail(name, f"{type(fault).__name__}: {fault}")

    def fail(self, name, text):
        self.failures.append(name)
        print(f"FAILED {name}: {text}", flush=True)

    def close(self):
        print(f"{self.passed} passed, {len(self.failures)} failed")
        return 1 if self.failures else 0


def expect(condition, *what):
    """An assertion that shows what it looked at."""
    if not condition:
        raise AssertionError("; ".join(str(part) for part in what))


# ---- worlds and policies --------------------------------------------------------------------------------------

def service(name="web", cluster="c", desired=1, **more):
    return {"cluster": cluster, "service": name, "desired": desired, **more}


def idle_metrics(name="*", idle_s=7200):
    return [{"namespace": "Fluidity", "metric": "ActiveConnections", "dimensions": {"Service": name}, "value": 0},
            {"namespace": "Fluidity", "metric": "LastActivityEpochSeconds", "dimensions": {"Service": name},
             "value": {"ago_s": idle_s}}]


def busy_metrics(name="*"):
    return [{"namespace": "Fluidity", "metric": "ActiveConnections", "dimensions": {"Service": name}, "value": 3},
            {"namespace": "Fluidity", "metric": "LastActivityEpochSeconds", "dimensions": {"Service": name},
             "value": "now"}]


def policy_text(targets, extra=""):
    rows = "\n".join(f'  - {{cluster: "{cluster}", service: "{name}"}}' for cluster, name in targets)
    return f"policy: 1\nname: test\nextends: base.yaml\ntargets:\n{rows}\n{extra}\n"


class Folder:
    """Where a test's policies are: base.yaml beside them."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="drowse-policies-")
        self.path = pathlib.Path(self.folder.name)
        (self.path / "base.yaml").write_text((ROOT / "policies/base.yaml").read_text())

    def policy(self, targets=(("c", "web"),), extra="", name="policy.yaml"):
        (self.path / name).write_text(policy_text(targets, extra))
        return str(self.path / name)

    def write(self, name, text):
        (self.path / name).write_text(text)
        return str(self.path / name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()
