"""The examples are what the program beside them makes, byte for byte."""
import filecmp
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(TOP, "examples")


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(base, f), folder)
                  for base, _, names in os.walk(folder) for f in names if f.endswith(".json"))


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(EXAMPLES, "make.py"), folder], check=True)
        for name in files_below(folder):
            kept = os.path.join(EXAMPLES, name)
            if os.path.exists(kept) and filecmp.cmp(os.path.join(folder, name), kept, shallow=False):
                passed += 1
            else:
                failed += 1
                print("FAILED examples/%s is not what examples/make.py makes" % name)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
