"""The real bootstrap, and what stands in for Lambda around it.

    with FakeAws(world) as aws, TaskRoot() as root:
        # One run over a script of tests/tools/fake_runtime.c:
        done = run_script([{"event": {}}], aws.environment(**root.function("sleep")))
        assert done.posts[0].body["action"] == "no_change"
        # Or AWS's emulator, event by event:
        with Emulator(aws.environment(**root.function("sleep"))) as function:
            answer = function.invoke({})
            assert not answer.failed and answer.body["action"] == "scaled_down"

Everything listens on loopback, on free ports, and is stopped when its block ends.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from aws_world import BUILD, ROOT, free_port

BOOTSTRAP = os.environ.get("BOOTSTRAP", str(BUILD / "bootstrap"))
EMULATOR = os.environ.get("EMULATOR")
FAKE_RUNTIME = BUILD / "tests/tools/fake_runtime"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:drowse"
# Set where the programs were built with sanitizers: their report goes to the log, and the exit code tells it.
SANITIZERS = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
SANITIZER_FAULTS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")


def emulator_missing():
    """Why there are no stories with the emulator; None where there are."""
    if EMULATOR and os.access(EMULATOR, os.X_OK):
        return None
    return "there is no emulator: `make servers` fetches it"


class TaskRoot:
    """A folder as Lambda unpacks it: policies, base.yaml among them, from the project's own or as given."""

    def __init__(self, policies=None):
        self.folder = tempfile.TemporaryDirectory(prefix="drowse-task-")
        self.path = pathlib.Path(self.folder.name)
        (self.path / "policies").mkdir()
        if policies is None:
            for source in (ROOT / "policies").glob("*.*"):
                shutil.copy(source, self.path / "policies")
        for name, text in (policies or {}).items():
            self.write(f"policies/{name}", text)

    def write(self, name, text):
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return target

    def function(self, behaviour, **more):
        """What Lambda sets for the function of that behaviour; the production policy unless said otherwise."""
        return {"LAMBDA_TASK_ROOT": self.path, "_HANDLER": f"drowse.{behaviour}", "DROWSE_ENV": "production", **more}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def json_lines(text):
    """The lines of a log that are JSON objects, as objects."""
    found = []
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found


# ---- the fake Runtime API -----------------------------------------------------------------------------------


@dataclasses.dataclass
class Post:
    """One request of the bootstrap that was no GET."""
    path: str
    headers: dict
    text: str
    bytes: int

    @property
    def kind(self):
        return self.path.removeprefix("/2018-06-01/runtime/").split("/")[0] + "/" + self.path.rsplit("/", 1)[1]

    @property
    def body(self):
        return json.loads(self.text)

    @property
    def error_type(self):
        return self.headers.get("lambda-runtime-function-error-type")


@dataclasses.dataclass
class Run:
    """A bootstrap that has ended."""
    code: int
    posts: list
    requests: list  # of posts and GETs, in their order
    summary: dict   # what fake_runtime counted; {} where it had to be stopped
    out: str
    err: str

    def kinds(self):
        return [post.kind for post in self.posts]

    def logs(self):
        return json_lines(self.out)

    def __str__(self):
        return (f"exit code {self.code}, {self.summary}\nposts: {[(p.kind, p.text[:500]) for p in self.posts]}\n"
                f"stdout: {self.out[-3000:]}\nstderr: {self.err[-3000:]}")


class FakeRuntime:
    """tests/tools/fake_runtime.c with a script: a list of its lines."""

    def __init__(self, script, keep_posts=True):
        self.folder = tempfile.TemporaryDirectory(prefix="drowse-runtime-")
        path = pathlib.Path(self.folder.name)
        self.posts = path / "posts" if keep_posts else None
        (path / "script").write_text("".join(json.dumps(line) + "\n" for line in script))
        self.process = subprocess.Popen([str(FAKE_RUNTIME), str(path / "script"), str(self.posts or "-")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={"PATH": "/usr/bin:/bin", **SANITIZERS})
        self.address = f"127.0.0.1:{int(self.process.stdout.readline())}"

    def requests(self):
        return [json.loads(line) for line in self.posts.read_text().splitlines()] if self.posts else []

    def summary(self, seconds=10):
        """Once the bootstrap has ended: it may have given up before the script was over."""
        try:
            out, _ = self.process.communicate(timeout=seconds)
            return json.loads(out) if self.process.returncode == 0 else {}
        except subprocess.TimeoutExpired:
            return {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()
        self.folder.cleanup()


def run_script(script, environment, seconds=60, stdout=None, wait_for_summary=True):
    """Runs the bootstrap until it ends, which it does at the script's end."""
    with FakeRuntime(script) as api, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        env = {**environment, **SANITIZERS, "AWS_LAMBDA_RUNTIME_API": api.address}
        process = subprocess.Popen([BOOTSTRAP], env={key: str(value) for key, value in env.items()}, cwd="/",
                                   stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=err)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = "still running"
        finally:
            process.kill()
            process.wait()
        summary = api.summary(10 if wait_for_summary else 0.1)
        requests = api.requests()
        out.seek(0)
        err.seek(0)
        texts = out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")
    posts = [Post(r["path"], r["headers"], r["body"], r["bytes"]) for r in requests if r["method"] == "POST"]
    done = Run(code, posts, requests, summary, *texts)
    if any(word in text for text in texts for word in SANITIZER_FAULTS):
        raise AssertionError(f"a sanitizer's report: {done}")
    return done


# ---- the emulator -------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Answer:
    """What the caller of a function gets."""
    code: int
    text: str
    headers: dict

    @property
    def body(self):
        return json.loads(self.text)

    @property
    def failed(self):
        """Is it a function error? The emulator tells by the body alone."""
        with contextlib.suppress(ValueError):
            return isinstance(self.body, dict) and "errorType" in self.body
        return False


class Emulator:
    """AWS's Runtime Interface Emulator around the bootstrap. The function starts with its first invocation."""

    def __init__(self, environment, bootstrap=None, timeout_s=30):
        self.environment = {**environment, **SANITIZERS, "AWS_LAMBDA_FUNCTION_TIMEOUT": timeout_s,
                            "AWS_LAMBDA_FUNCTION_NAME": "drowse", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": 128}
        self.bootstrap, self.timeout_s = str(bootstrap or BOOTSTRAP), timeout_s
        self.process, self.lines = None, []

    def start(self):
        port, api = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        handler = self.environment.get("_HANDLER")
        self.process = subprocess.Popen(
            [EMULATOR, "--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address",
             f"127.0.0.1:{api}", self.bootstrap, *([handler] if handler else [])],
            env={key: str(value) for key, value in self.environment.items()}, cwd=self.environment["LAMBDA_TASK_ROOT"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self._wait_until_it_listens(port)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def _wait_until_it_listens(self, port):
        for _ in range(400):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.025)
        raise AssertionError("the emulator does not listen:\n" + self.text())

    def invoke(self, event, headers=None, seconds=None):
        """`event` is JSON, or the bytes of one."""
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        request = urllib.request.Request(self.url, data=data, headers=headers or {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=seconds or self.timeout_s + 15) as answer:
                return Answer(answer.status, answer.read().decode("utf-8", "replace"), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode("utf-8", "replace"), dict(error.headers))

    def text(self):
        return "\n".join(self.lines)

    def lines_of_invocation(self, first):
        """From that line on, once the emulator has closed the invocation; it answers before it has."""
        for _ in range(400):
            if any(line.startswith("REPORT RequestId") for line in self.lines[first:]):
                break
            time.sleep(0.025)
        return self.lines[first:]

    def logs(self):
        """The function's own lines: the emulator's are no JSON objects with a level and a timestamp."""
        return json_lines(self.text())

    def pids(self):
        """Of the bootstraps that run now."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == self.process.pid:
                    found.append(int(folder.name))
        return found

    def stop(self):
        if not self.process:
            return
        children = self.pids()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        # The bootstrap ends by itself when its API is gone; one that does not is stopped.
        for pid in children:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.reader.join(5)
        self.process.stdout.close()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
