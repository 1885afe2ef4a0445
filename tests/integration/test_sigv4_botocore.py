#!/usr/bin/env python3
"""A thousand random requests are signed as botocore signs them.

botocore stands in the tests' Python environment (VENV); without one, this says so."""
import datetime
import importlib.util
import os
import random
import string
import subprocess
import sys
from urllib.parse import quote

BUILD = os.environ.get("BUILD", "build")
VENV = os.environ.get("VENV", "")
PROBE = os.path.join(BUILD, "tests/tools/sigv4_probe")
REQUESTS = 1000
SEED = 20261123
FAILURES_SHOWN = 5

LETTERS = string.ascii_letters + string.digits + "-._~" + " !$&'()*+,/:;=?@[]%#\"<>|\\^`{}" + "äßЖ日本😀"
HEADERS = ["X-Amz-Target", "Content-Type", "x-amz-meta-a", "X-AMZ-META-B", "Accept", "amz-sdk-request", "Range", "X-y-Z",
           "x-y", "If-Match", "My-Header1"]
REGIONS = ["us-east-1", "eu-west-2", "cn-north-1", "us-gov-west-1", "local"]
SERVICES = ["ecs", "monitoring", "sts", "iam", "service"]


def into_environment():
    """Goes on in the environment that has botocore."""
    python = os.path.join(VENV, "bin", "python")
    if VENV and os.path.exists(python) and os.path.abspath(sys.prefix) != os.path.abspath(VENV):
        os.execv(python, [python, *sys.argv])
    if not importlib.util.find_spec("botocore"):
        print("left out: signatures as botocore's: no Python environment with botocore (VENV)")
        sys.exit(0)


def word(chance, least, most, letters=LETTERS):
    return "".join(chance.choice(letters) for _ in range(chance.randint(least, most)))


def random_path(chance):
    """As it is sent: encoded, with segments that normalising takes away."""
    segments = []
    for _ in range(chance.randint(0, 5)):
        segments.append(chance.choice(["", ".", "..", "~", "..."]) if chance.random() < 0.3
                        else quote(word(chance, 1, 8), safe="-_.~:@"))
    return "/" + "/".join(segments)


def random_query(chance):
    names = [quote(word(chance, 1, 6), safe="-_.~") for _ in range(3)] + ["Param", "Param-3", "a", "A"]
    pairs = [f"{chance.choice(names)}={quote(word(chance, 0, 8), safe='-_.~')}" for _ in range(chance.randint(0, 6))]
    return "&".join(pairs)


def random_value(chance):
    return "".join(chance.choice(["  ", " ", "\t", "", ""]) + word(chance, 1, 9, LETTERS) for _ in range(chance.randint(0, 4)))


def random_request(chance):
    key = string.ascii_letters + string.digits + "+/="
    return {
        "key": "AKIA" + word(chance, 12, 16, string.ascii_uppercase), "secret": word(chance, 30, 60, key),
        "token": word(chance, 50, 900, key) if chance.random() < 0.5 else "",
        "region": chance.choice(REGIONS), "service": chance.choice(SERVICES),
        "at": chance.randint(0, 4102444799), "method": chance.choice(["GET", "POST", "PUT", "DELETE"]),
        "path": random_path(chance), "query": random_query(chance),
        "host": chance.choice(["example.amazonaws.com", "127.0.0.1:8080", "x.example:8443", "[fd00:ec2::254]:81"]),
        "headers": [(name, random_value(chance)) for name in
                    chance.choices(HEADERS, k=chance.randint(0, 8))],
        "body": chance.randbytes(chance.choice([0, 1, 63, 64, 65, 700, 9000])),
    }


def by_botocore(request):
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    at = datetime.datetime.fromtimestamp(request["at"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda *_, **__: at
    query = "?" + request["query"] if request["query"] else ""
    theirs = AWSRequest(method=request["method"], url=f"https://{request['host']}{request['path']}{query}",
                        data=request["body"])
    for name, value in request["headers"]:
        theirs.headers.add_header(name, value)
    credentials = Credentials(request["key"], request["secret"], request["token"] or None)
    botocore.auth.SigV4Auth(credentials, request["service"], request["region"]).add_auth(theirs)
    return theirs.headers["Authorization"], theirs.headers["X-Amz-Date"]


def escaped(value):
    data = value if isinstance(value, bytes) else str(value).encode()
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02x}" for byte in data)


def for_probe(request, stamp):
    lines = [(word, request[word]) for word in ("key", "secret", "region", "service", "at", "method", "path", "query",
                                                "body")]
    headers = [*request["headers"], ("hOsT", request["host"]), ("X-Amz-Date", stamp)]
    if request["token"]:
        headers.append(("X-Amz-Security-Token", request["token"]))
    lines += [("header", f"{name}:{value}") for name, value in headers]
    return "".join(f"{word} {escaped(value)}\n" for word, value in lines) + "\n"


def main():
    into_environment()
    chance = random.Random(SEED)
    requests = [random_request(chance) for _ in range(REQUESTS)]
    theirs = [by_botocore(request) for request in requests]
    questions = "".join(for_probe(request, stamp) for request, (_, stamp) in zip(requests, theirs))
    done = subprocess.run([PROBE], input=questions.encode(), capture_output=True)
    ours = done.stdout.decode().splitlines()
    if done.returncode != 0 or len(ours) != REQUESTS:
        print(f"the probe ended with {done.returncode} after {len(ours)} answers: {done.stderr.decode()}")
        print("0 passed, 1 failed")
        return 1
    wrong = [at for at in range(REQUESTS) if ours[at] != theirs[at][0]]
    for at in wrong[:FAILURES_SHOWN]:
        print(f"request {at}: {requests[at]}\n  ours:       {ours[at]}\n  botocore's: {theirs[at][0]}")
    print(f"{REQUESTS - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
