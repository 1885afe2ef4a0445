#!/usr/bin/env python3
"""Each call times each fault: tests/cases/faults/*.json says what comes of it, README.md there what its members mean.

Every cell is run with an idle and with a busy service: in none is a service lowered that the run without the fault
would have left alone."""
import json
import pathlib
import sys
import time

import aws_world as world
import bootstrap_world
from aws_world import expect

CASES = world.ROOT / "tests/cases/faults"
CELL_S = 0.3
ALWAYS = -1
# As the fake knows them; `quick` where the cell waits for a time-out.
FAULTS = {
    "reset": {"kind": "reset", "times": ALWAYS},
    "reset once": {"kind": "reset"},
    "reset, applied": {"kind": "reset", "times": ALWAYS, "applied": True},
    "timeout": {"kind": "timeout", "times": ALWAYS},
    "timeout, applied": {"kind": "timeout", "times": ALWAYS, "applied": True},
    "slow": {"kind": "slow", "ms": 20, "times": ALWAYS},
    "400": {"kind": "400", "times": ALWAYS},
    "403": {"kind": "403", "times": ALWAYS},
    "429": {"kind": "429", "times": ALWAYS},
    "throttling": {"kind": "throttling", "times": ALWAYS},
    "throttling once": {"kind": "throttling"},
    "500 once": {"kind": "500"},
    "500 always": {"kind": "500", "times": ALWAYS},
    "truncated": {"kind": "truncated", "times": ALWAYS},
    "half a document": {"kind": "half", "times": ALWAYS},
    "not JSON": {"kind": "not_json", "times": ALWAYS},
    "empty": {"kind": "empty", "times": ALWAYS},
    "wrong types": {"kind": "wrong_types", "times": ALWAYS},
    "8 MB": {"kind": "huge", "times": ALWAYS},
    "partial data": {"kind": "partial_data", "times": ALWAYS},
    "forbidden": {"kind": "forbidden", "times": ALWAYS},
    "internal error": {"kind": "internal_error", "times": ALWAYS},
    "endless": {"kind": "endless", "times": ALWAYS},
    "endless, same token": {"kind": "endless", "times": ALWAYS, "same": True},
    "hollow": {"kind": "hollow", "times": ALWAYS},
    "chunks": {"kind": "chunks", "times": ALWAYS},
    "close": {"kind": "close"},
}
# What each file must have a row for.
DUE = ["refused", "reset", "timeout", "400", "403", "429", "throttling", "500 once", "500 always", "truncated",
       "not JSON", "wrong types", "8 MB", "partial data", "forbidden", "endless"]
# Where a whole head came, and with it AWS's request id.
ANSWERED = {"400", "403", "429", "throttling", "500 always", "truncated", "half a document", "not JSON", "empty",
            "wrong types", "8 MB", "endless", "endless, same token", "hollow"}
# The call after which the server is gone, for what is to be refused in the middle.
BEFORE = {("DescribeServices", 2): "GetMetricData", ("DescribeServices", 3): "UpdateService",
          ("GetMetricData", 1): "DescribeServices", ("TagResource", 1): "DescribeServices"}


def fault_list(table, name):
    if name != "refused":
        return [{"call": table["call"], "nth": table["nth"], **FAULTS[name]}]
    if (table["call"], table["nth"]) == ("UpdateService", 1):
        return [{"call": "DescribeServices", "nth": 2, "kind": "vanish"}]
    before = BEFORE.get((table["call"], table["nth"]))
    return [{"call": before, "kind": "vanish"}] if before else []


def credentials(table, aws, folder):
    """The environment of the source that the table names."""
    source = table.get("credentials")
    env = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    role = "arn:aws:iam::123456789012:role/r"
    if source == "container":
        return {**env, "AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + "/credentials/x"}
    if source == "metadata":
        return {**env, "AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url}
    if source == "web identity":
        token = folder.write("token", "eyJ.fake.token")
        return {**env, "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": role, "AWS_ROLE_SESSION_NAME": "drowse"}
    if source == "role":
        keys = f"aws_access_key_id = {world.KEY}\naws_secret_access_key = {world.SECRET}\n"
        config = folder.write("config", f"[profile deploy]\nrole_arn = {role}\nsource_profile = base\n"
                                        f"role_session_name = drowse\n[profile base]\n{keys}")
        return {**env, "AWS_CONFIG_FILE": config, "AWS_PROFILE": "deploy"}
    return {}


def cell_environment(table, name, aws, folder):
    env = credentials(table, aws, folder)
    env["DROWSE_AWS_RETRY_MS"] = "1"
    waits = "timeout" in name
    # Where no time-out is due, none may strike on a slow machine either.
    env["DROWSE_AWS_TIMEOUT_MS"] = "60" if waits else "20000"
    env["DROWSE_AWS_CONNECT_TIMEOUT_MS"] = "60" if waits else "20000"
    closed = f"http://127.0.0.1:{world.free_port()}"
    if name != "refused" or fault_list(table, name):
        return env
    if table["call"] == "ContainerCredentials":
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = closed + "/credentials/x"
    elif table["call"].startswith("Metadata"):
        env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = closed
    elif table["call"].startswith("AssumeRole"):
        env["AWS_ENDPOINT_URL_STS"] = closed
    else:
        env["AWS_ENDPOINT_URL_ECS"] = closed
    return env


class Cell:
    """One run of one cell."""

    def __init__(self, table, name, row, idle, aws, folder):
        self.table, self.name, self.row, self.idle = table, name, row, idle
        desired = table.get("desired", 1)
        metrics = world.idle_metrics() if idle else world.busy_metrics()
        aws.begin(world={"services": [world.service(desired=desired)], "metrics": metrics},
                  faults=fault_list(table, name))
        policy = folder.policy(targets=table.get("targets", [["c", "web"]]))
        self.done = aws.drowse(*table["command"].split(), "--policy", policy, "--json",
                               **cell_environment(table, name, aws, folder))
        self.log = aws.come_back() if name == "refused" else aws.log()
        self.seconds = self.done.seconds
        aws.control(faults=[])
        self.desired = self.count(aws)

    def count(self, aws):
        """The desired count now, as the fake has it."""
        return json.loads(world.ask(aws.url + "/control/services"))["c/web"]["desired"]

    def calls(self):
        return [call for call in self.log["calls"] if call["operation"] == self.table["call"]]

    def answer(self):
        answer = json.loads(self.done.out) if self.done.out.strip() else {}
        return answer["results"][0] if answer.get("results") else answer

    def check(self):
        if "or" in self.row and self.done.code != self.row["code"]:
            self.row = self.row["or"]
        row, text = self.row, self.done.all()
        code = row["code"] if self.idle else row.get("busy_code", row["code"])
        expect(self.done.code == code, f"exit code {code} is due", self.done, self.counts())
        self.check_count()
        if code:
            self.check_error(text)
        if not self.idle:
            return
        if "tries" in row:
            expect(len(self.calls()) - self.table["nth"] + 1 == row["tries"], f"{row['tries']} tries are due",
                   self.counts(), self.done)
        if "outcome" in row:
            expect(self.answer().get("outcome") == row["outcome"], f"outcome {row['outcome']} is due", self.done)
        for part in row.get("says", []):
            expect(part in text, f"must say {part!r}", self.done)

    def check_count(self):
        became = {"slept": 0, "kept": self.table.get("desired", 1), "woken": 1}[self.row.get("idle", "kept")]
        if self.table["command"].startswith("run sleep") and not self.idle:
            became = 1
            expect("UpdateService" not in self.log["counts"], "a busy service was to be lowered", self.counts())
        expect(self.desired == became, f"the desired count must be {became}, and is {self.desired}", self.done,
               self.counts())

    def check_error(self, text):
        target = self.table.get("names", "c/web")
        call = "DescribeServices" if self.table.get("credentials") else self.row.get("call", self.table["call"])
        expect(call in text, f"the error must name the call {call}", self.done)
        expect(target in text, f"the error must name the target {target}", self.done)
        if self.name in ANSWERED and not self.table.get("credentials"):
            ids = [one["request_id"] for one in self.calls() if one["fault"]]
            expect(any(one in text for one in ids), f"the error must name a request id of {ids}", self.done)

    def counts(self):
        return self.log["counts"]


class FunctionCell:
    """One run of the sleep function against a Runtime API that follows the row's script."""

    def __init__(self, table, name, row, idle, aws, folder):
        self.row, self.idle = row, idle
        aws.begin(world={"services": [world.service()],
                         "metrics": world.idle_metrics() if idle else world.busy_metrics()})
        policies = {"base.yaml": (world.ROOT / "policies/base.yaml").read_text(),
                    "test.yaml": world.policy_text([("c", "web")])}
        with bootstrap_world.TaskRoot(policies) as root:
            env = aws.environment(**root.function("sleep", DROWSE_ENV="test"))
            started = time.monotonic()
            if row.get("closed"):
                env["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{world.free_port()}"
                done = world.call([bootstrap_world.BOOTSTRAP], env)
                self.kinds, self.text, self.code = [], done.all(), done.code
            else:
                done = bootstrap_world.run_script(row["script"], env, wait_for_summary=False)
                self.kinds, self.text, self.code = done.kinds(), done.out + done.err, done.code
        # The servers of a run take their time too; they end by themselves.
        self.seconds = time.monotonic() - started
        self.log = aws.log()

    def check(self):
        due = self.row.get("idle", "kept") if self.idle else "kept"
        became = "slept" if "UpdateService" in self.log["counts"] else "kept"
        expect(became == due, f"{due} is due", self.log["counts"], self.text[-1500:])
        expect(self.kinds == self.row["posts"], f"posts {self.row['posts']} are due", self.kinds, self.text[-1500:])
        expect(self.code == 1, f"exit code {self.code}", self.text[-1500:])
        for part in self.row.get("says", []):
            expect(part in self.text, f"must say {part!r}", self.text[-1500:])


def check_cell(table, name, row, aws, folder):
    cell_of = FunctionCell if table["command"] == "function" else Cell
    for idle in (True, False):
        fastest = None
        # What is measured on a busy machine is the best of three; what comes of it must be the same each time.
        for _ in range(3):
            cell = cell_of(table, name, row, idle, aws, folder)
            cell.check()
            fastest = min(fastest or 1e9, cell.seconds)
            if fastest <= CELL_S:
                break
        SLOWEST.append((fastest, f"{table['call']} {table.get('nth', '')}, {name}"))
        expect(fastest <= CELL_S * SLACK, f"took {fastest:.3f} s", "idle" if idle else "busy")


def check_table(table, where, tally, aws, folder):
    for name in DUE:
        tally.run(f"{where}: a row for {name}", expect, name in table["cells"], "there is none")
    for name, row in table["cells"].items():
        if isinstance(row, dict):
            tally.run(f"{where}: {name}", check_cell, table, name, row, aws, folder)


SLOWEST = []
# Sanitizers slow everything down.
SLACK = 5 if b"__asan_init" in pathlib.Path(world.DROWSE).read_bytes() else 1


def main():
    tally = world.Tally()
    only = sys.argv[1:]
    with world.FakeAws() as aws, world.Folder() as folder:
        for path in sorted(CASES.glob("*.json")):
            if not only or path.stem in only:
                check_table(json.loads(path.read_text()), path.stem, tally, aws, folder)
    if SLOWEST:
        print("slowest cells: " + "; ".join(f"{name}: {seconds:.3f} s" for seconds, name in sorted(SLOWEST)[-3:]))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
