"""What runs on Lambda: .ci/portable lets the right programs through, and only those; .ci/zip makes the same bytes.

The program for Lambda itself is looked at where `make lambda` has made it."""
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile

HARDENED = ["-Os", "-fPIE", "-pie", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong",
            "-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed", "-s"]
PLAIN = r"""#include <stdio.h>
#include <string.h>
int main(int n, char **v) { char to[64]; memcpy(to, v[0], (size_t)n * 8); return printf("%s", to) < 0; }
"""
NEW_SYMBOL = "#include <stdlib.h>\n" + PLAIN.replace("return", "to[0] = (char)arc4random(); return")
LIBRARY = "#include <openssl/crypto.h>\n" + PLAIN.replace("return", "to[0] = (char)OpenSSL_version_num(); return")

# What is built, what is said of it (nothing: it is fine), the options taken away, those added.
CASES = [
    ("hardened", PLAIN, "", [], []),
    ("not position-independent", PLAIN, "is not position-independent", ["-fPIE", "-pie"], ["-no-pie", "-fno-pie"]),
    ("lazy", PLAIN, "binds lazily", [], ["-Wl,-z,lazy"]),
    ("writable relocations", PLAIN, "has no read-only relocations", [], ["-Wl,-z,norelro"]),
    ("executable stack", PLAIN, "has an executable stack", [], ["-Wl,-z,execstack"]),
    ("no stack protector", PLAIN, "has no stack protector", [], ["-fno-stack-protector"]),
    ("unchecked calls", PLAIN, "has no checked calls", ["-D_FORTIFY_SOURCE=2"], []),
    ("not stripped", PLAIN, "is not stripped", ["-s"], []),
    ("packed relocations", PLAIN, "asks for GLIBC_ABI_DT_RELR", [], ["-Wl,-z,pack-relative-relocs"]),
    ("a symbol of 2.36", NEW_SYMBOL, "needs GLIBC_2.36", [], []),
    ("a library", LIBRARY, "needs libcrypto.so", [], ["-lcrypto"]),
]

passed = failed = 0


def check(name, holds, seen=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {name}\n{seen}")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def judged(folder, name, source, said, without, more):
    program = folder / "program"
    options = [option for option in HARDENED if option not in without]
    built = run("gcc", "-x", "c", "-o", program, *options, "-", *more, input=source)
    if built.returncode != 0:
        print(f"left out: {name}: this toolchain does not build it: {built.stderr.strip().splitlines()[-1]}")
        return
    done = run(".ci/portable", program)
    check(name, (done.returncode == 0) == (said == "") and said in done.stderr, done.stdout + done.stderr)
    check(f"{name}: one reason", len(done.stderr.splitlines()) == (said != ""), done.stderr)


def portable(folder):
    glibc = platform.libc_ver()[1].split(".")
    if (int(glibc[0]), int(glibc[1])) > (2, 36):
        done = run(".ci/portable", "host")
        check("a newer glibc is refused", done.returncode == 1 and "2.36" in done.stderr, done.stderr)
        print("left out: programs for Lambda: this glibc is newer than 2.36")
        return
    check("this glibc will do", run(".ci/portable", "host").returncode == 0)
    for case in CASES:
        judged(folder, *case)


def refused_host(folder):
    """With a getconf that tells of another C library."""
    for version, says in (("glibc 2.37", "here is glibc 2.37"), ("glibc 2.41", "here is glibc 2.41"),
                          ("musl 1.2", "another C library"), ("glibc 2.36", ""), ("glibc 2.31", "")):
        fake = folder / "getconf"
        fake.write_text(f"#!/bin/sh\necho {version}\n")
        fake.chmod(0o755)
        done = run(".ci/portable", "host", env=dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"))
        check(f"host with {version}", (done.returncode == 0) == (says == "") and says in done.stderr, done.stderr)


def same_zip(folder):
    if not shutil.which("zip"):
        print("left out: the zip: there is no zip here")
        return
    program = folder / "any"
    program.write_bytes(b"\x7fELF")
    zips = [folder / "one.zip", folder / "two.zip"]
    for made in zips:
        program.touch()
        done = run(".ci/zip", made, program, "policies")
        check("zip", done.returncode == 0, done.stderr)
    check("the same bytes twice", zips[0].read_bytes() == zips[1].read_bytes())
    with zipfile.ZipFile(zips[0]) as archive:
        names = archive.namelist()
        modes = {name: archive.getinfo(name).external_attr >> 16 & 0o777 for name in names}
        dates = {info.date_time for info in archive.infolist()}
    there = sorted(str(path) for path in pathlib.Path("policies").rglob("*") if path.is_file())
    check("all files and no others", sorted(names) == sorted(["bootstrap"] + there), str(names))
    check("modes", modes["bootstrap"] == 0o755 and {modes[name] for name in there} == {0o644}, str(modes))
    check("one date", dates == {(1980, 1, 1, 0, 0, 0)}, str(dates))


def bootstrap():
    program = os.environ.get("LAMBDA")
    if not program:
        print("left out: the program for Lambda: `make lambda` has not made it, or cannot here")
        return
    done = run(".ci/portable", program)
    check("the program for Lambda", done.returncode == 0, done.stderr)
    size = pathlib.Path(program).with_suffix(".zip").stat().st_size
    check("its zip is at most 1.5 MB", size <= 1_500_000, f"{size} bytes")


def main():
    with tempfile.TemporaryDirectory() as place:
        portable(pathlib.Path(place))
        refused_host(pathlib.Path(place))
        same_zip(pathlib.Path(place))
    bootstrap()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
