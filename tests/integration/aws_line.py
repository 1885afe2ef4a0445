"""Stands for `aws` in the documents' commands: checks service, operation and options against AWS's service models.

It prints nothing, and ends with 1 and a reason where the AWS CLI would not take the line. Run by the Python
environment that has botocore.
"""
import json
import pathlib
import sys

import botocore.session
from botocore import xform_name

GLOBAL = ("region", "profile", "output", "query", "endpoint-url", "cli-binary-format")
FLAGS = ("no-cli-pager", "no-paginate")
FILES = ("file://", "fileb://")


def fail(text):
    sys.exit("aws: " + text)


def read_options(words):
    """{name: values}: what stands behind an option is its value, up to the next option (also `invoke`'s file)."""
    options, operands, name = {}, [], None
    for word in words:
        if word.startswith("--"):
            name = word[2:]
            options[name] = []
        elif name:
            options[name].append(word)
        else:
            operands.append(word)
    return options, operands


def check_value(name, values):
    for value in values:
        for begins in FILES:
            if value.startswith(begins) and not pathlib.Path(value[len(begins):]).exists():
                fail(f"--{name}: there is no file {value}")
        if value.startswith("file://") and name in ("policy-document", "assume-role-policy-document", "payload"):
            json.loads(pathlib.Path(value[len("file://"):]).read_text(encoding="utf-8"))
        if value.startswith("{"):
            json.loads(value)


def main():
    options, operands = read_options(sys.argv[1:])
    if len(operands) < 2:
        fail("a service and an operation are due")
    session = botocore.session.get_session()
    model = session.get_service_model(operands[0])
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operands[1] not in operations:
        fail(f"{operands[0]} has no operation {operands[1]}")
    shape = model.operation_model(operations[operands[1]]).input_shape
    members = {xform_name(name, "-"): name for name in shape.members}
    for name, values in options.items():
        if name not in members and name not in GLOBAL and name not in FLAGS and not (
                operands[0] == "lambda" and name == "zip-file"):
            fail(f"{operands[1]} has no option --{name}")
        if not values and name not in FLAGS:
            fail(f"--{name} needs a value")
        check_value(name, values)
    given = {members[name] for name in options if name in members}
    given |= {"Code"} if "zip-file" in options else set()
    missing = set(shape.required_members) - given
    if missing:
        fail(f"{operands[1]} needs {', '.join(sorted(missing))}")


if __name__ == "__main__":
    main()
