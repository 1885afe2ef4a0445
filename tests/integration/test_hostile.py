"""Hostile policy files through `drowse check`: made ones (hostile_files.py), each with its exit code and a phrase of its
message; then 5,000 mutants of the shipped policies, of which none may crash and each that is wrong must say where.

No process may take 3 seconds or more than 512 MB: one that does is killed, and its test has failed.

    test_hostile.py NUMBER      writes that mutant to stdout
"""
import glob
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile_files  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROWSE = os.path.abspath(os.environ.get("DROWSE", os.path.join(TOP, "build", "drowse")))
MEGABYTES = 512
MUTANTS = 5000
BATCH = 100
SEED = 20261123


class Limits:
    """Of a process. A sanitizer reserves all of the address space and bounds what is resident by itself; and it is
    slower, as a build is that counts its branches."""

    def __init__(self):
        binary = open(DROWSE, "rb").read()
        self.sanitizer = next((word for word in ("ASAN", "TSAN") if b"__%s_init" % word.lower().encode() in binary), None)
        slow = self.sanitizer or b"__ubsan_handle" in binary or b"__gcov_" in binary
        self.seconds = 30 if slow else 3
        self.environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        if self.sanitizer:
            name = self.sanitizer + "_OPTIONS"
            options = [o for o in (os.environ.get(name), "hard_rss_limit_mb=%d" % (2 * MEGABYTES)) if o]
            self.environment[name] = ":".join(options)

    def apply(self):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if not self.sanitizer:
            resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))


LIMITS = Limits()


def check(folder, words):
    """Exit code (negative: the signal), stdout, stderr; None where the time ran out."""
    try:
        done = subprocess.run([DROWSE, "check"] + words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=LIMITS.seconds, env=LIMITS.environment, preexec_fn=LIMITS.apply, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode, done.stdout, done.stderr


def unprintable(output):
    """What a terminal would take for more than text."""
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError as error:
        return "the output is not UTF-8: %s" % error
    wrong = {c for c in text if not c.isprintable() and c not in "\n\t" and
             (ord(c) < 0x20 or 0x7f <= ord(c) <= 0x9f or c in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e")}
    return "the output holds %s" % sorted(map(ascii, wrong)) if wrong else None


# ---- made files -------------------------------------------------------------------------------------------

def write(folder, path, content):
    target = os.path.join(folder, path)
    if callable(content):
        content(target)
        return
    with open(target, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8"))


def faults_of(folder, files, code, phrase):
    for path, content in files:
        write(folder, path, content)
    ended = check(folder, [files[0][0]])
    if ended is None:
        return ["still running after %d s" % LIMITS.seconds]
    output = ended[2] + ended[1]
    text = output.decode("utf-8", "replace")
    found = [unprintable(output)]
    if ended[0] != code:
        found.append("exit code %d, wanted %d" % (ended[0], code))
    if phrase not in text:
        found.append("nothing says %r" % phrase)
    if any(found):
        found.append("it says: %s" % text[:600])
    return [fault for fault in found if fault]


def run_made(tally):
    for group, cases in hostile_files.GROUPS:
        names = [name for name, _, _, _ in cases]
        assert len(set(names)) == len(names), "%s: two cases of one name" % group
        for name, files, code, phrase in cases:
            with tempfile.TemporaryDirectory() as folder:
                tally.add("%s: %s" % (group, name), faults_of(folder, files, code, phrase))


# ---- mutants ----------------------------------------------------------------------------------------------

TOKENS = [b"{", b"}", b"[", b"]", b": ", b", ", b"- ", b"'", b'"', b"#", b"&a ", b"*a", b"!!str ", b"|\n", b">-\n", b"? ",
          b"\n", b"\r\n", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xe6\x97\xa5", b"\x1b[2J", b"---\n",
          b"0", b"-1", b"1e400", b"9007199254740993", b".nan", b"0/0", b"24h", b"0s", b"999999d", b"UTC", b"desired == 0",
          b"avg(connections over lookback)", b"rate(0 minutes)", b"cron(0 0 31 2 ? *)", b"extends: base.yaml\n", b"((((",
          b"not ", b"{{", b"}}", b"function(s) end", b"return ", b"end ", b"--[[", b"while true do end "]


def words_of(content):
    """Where words and single signs lie."""
    spans, start = [], None
    for i, byte in enumerate(content + b" "):
        is_word = byte == 0x5f or chr(byte).isalnum()
        if is_word and start is None:
            start = i
        elif not is_word:
            if start is not None:
                spans.append((start, i))
                start = None
            if byte not in b" \n" and i < len(content):
                spans.append((i, i + 1))
    return spans


def flip_bytes(chance, content):
    out = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        out[chance.randrange(len(out))] = chance.choice([chance.randrange(256), chance.randrange(32, 127)])
    return bytes(out)


def delete_bytes(chance, content):
    first = chance.randrange(len(content))
    return content[:first] + content[first + chance.choice([1, 2, 5, 20, 100]):]


def insert_token(chance, content):
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(TOKENS) * chance.choice([1, 1, 1, 2, 70]) + content[at:]


def change_lines(chance, content):
    lines = content.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.randrange(4)
    if what == 0:
        lines[first], lines[second] = lines[second], lines[first]
    elif what == 1:
        lines.insert(second, lines[first])
    elif what == 2:
        del lines[first]
    else:
        lines[first] = chance.choice([b"  ", b" ", b"\t"]) + lines[first]
    return b"\n".join(lines)


def swap_words(chance, content):
    spans = words_of(content)
    if len(spans) < 2:
        return content
    (a, b), (c, d) = sorted(chance.sample(spans, 2))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def replace_word(chance, content):
    spans = words_of(content)
    if not spans:
        return content
    a, b = chance.choice(spans)
    return content[:a] + chance.choice(TOKENS + [b""]) + content[b:]


def cut(chance, content):
    return content[:chance.randrange(len(content) + 1)]


# What is said of a file, and of none of its lines.
OF_THE_WHOLE = ("the file is empty", "the file looks like UTF-16", "the file must return the policy", "not valid UTF-8")

CHANGES = [flip_bytes, delete_bytes, insert_token, change_lines, swap_words, swap_words, replace_word, replace_word, cut]


def originals_by_path():
    top = os.path.join(TOP, "policies")
    found = sorted(path for pattern in ("*.yaml", "*.lua", "*/*.yaml", "*/*.lua")
                   for path in glob.glob(os.path.join(top, pattern)))
    assert len(found) > 5, "the shipped policies are not there"
    return [(os.path.relpath(path, top), open(path, "rb").read()) for path in found]


def mutant(number, originals):
    content = originals[number % len(originals)][1]
    chance = random.Random(SEED + number)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        content = chance.choice(CHANGES)(chance, content) or b"\n"
    return content


def faults_of_batch(folder, paths):
    """As text, for what a person sees; as JSON, for who said what."""
    shown, told = check(folder, paths), check(folder, ["--json"] + paths)
    if shown is None or told is None:
        return ["still running after %d s" % LIMITS.seconds]
    found = [unprintable(shown[2] + shown[1]), unprintable(told[2] + told[1])]
    if shown[0] not in (0, 1, 2) or told[0] != shown[0]:
        return found + ["exit codes %d and, with --json, %d" % (shown[0], told[0]), shown[2][-1500:].decode("utf-8", "replace")]
    errors = [diag for diag in json.loads(told[1]) if diag["severity"] == "error"]
    placed = {diag["policy"] for diag in errors if diag["line"] > 0 or diag["message"].startswith(OF_THE_WHOLE)}
    for line in shown[1].decode("utf-8").splitlines():
        path, _, summary = line.partition(": ")
        if not summary.startswith("ok (") and path not in placed:
            found.append("%s: %s, and none has a place" % (path, summary))
    if shown[0] == 0 and placed:
        found.append("exit code 0 in spite of errors")
    return [fault for fault in found if fault]


def blame(folder, paths, faults):
    """The mutants of a batch that fail by themselves; all of them where none does."""
    guilty = [(path, faults_of_batch(folder, [path])) for path in paths]
    named = ["%s: %s" % (path, "; ".join(own)) for path, own in guilty if own]
    return named or faults + ["only together: %s to %s" % (paths[0], paths[-1])]


def run_mutants(tally):
    originals = originals_by_path()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(TOP, "policies"), folder, dirs_exist_ok=True)
        ended = check(folder, [path for path, _ in originals])
        tally.add("the shipped policies as they are", [] if ended and ended[0] == 0 else ["they do not load: %s" % (ended,)])
        for first in range(0, MUTANTS, BATCH):
            paths = []
            for number in range(first, min(first + BATCH, MUTANTS)):
                original = originals[number % len(originals)][0]
                name = "mutant-%04d%s" % (number, os.path.splitext(original)[1])
                paths.append(os.path.join(os.path.dirname(original), name))
                write(folder, paths[-1], mutant(number, originals))
            faults = faults_of_batch(folder, paths)
            tally.add("mutants %d to %d" % (first, first + BATCH - 1), blame(folder, paths, faults) if faults else [],
                      len(paths))
            for path in paths:
                os.unlink(os.path.join(folder, path))


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name, faults, tests=1):
        for fault in faults:
            print("FAILED %s: %s" % (name, fault))
        self.failed += len(faults) and 1
        self.passed += 0 if faults else tests


def main():
    if len(sys.argv) > 1:
        sys.stdout.buffer.write(mutant(int(sys.argv[1]), originals_by_path()))
        return 0
    tally = Tally()
    run_made(tally)
    run_mutants(tally)
    print("%d passed, %d failed" % (tally.passed, tally.failed))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
