"""A world in moto for one story: services, metrics, a user with keys, its requests recorded, its signatures checked.

Runs in the Python environment that has botocore (see `enter_venv`). moto's clock is moved, never drowse's: a service of
moto is always in the middle of its first deployment, so that must have begun hours ago.
"""
import contextlib
import datetime
import json
import os
import pathlib
import sys

import aws_world as world

CLUSTER, SERVICE, OTHER = "fluidity", "fluidity-server", "other-server"
HOURS_AGO = "-3h"


def enter_venv(what):
    """Goes on in the environment that has botocore, or ends: `what` is then left out."""
    try:
        import botocore  # noqa: F401
        return
    except ImportError:
        python = world.venv_python()
        if python and not os.environ.get("IN_VENV"):
            os.environ["IN_VENV"] = "1"
            os.execv(python, [str(python), *sys.argv])
        print(f"left out: {what}: there is no Python environment with moto and botocore (make servers)")
        sys.exit(0)


class Clients:
    """botocore's clients of one moto, whose keys change: each takes longer to make than moto takes to answer."""

    def __init__(self, moto):
        from botocore.credentials import Credentials
        import botocore.session
        self.moto, self.made = moto, {}
        self.keys = Credentials(moto.key, moto.secret)
        self.session = botocore.session.Session()
        self.session._credentials = self.keys

    def get(self, service):
        from botocore.config import Config
        self.keys.access_key, self.keys.secret_key = self.moto.key, self.moto.secret
        if service not in self.made:
            # moto takes a compressed body apart twice.
            config = Config(proxies={}, disable_request_compression=True)
            self.made[service] = self.session.create_client(service, region_name=world.REGION,
                                                            endpoint_url=self.moto.url, config=config)
        return self.made[service]


class MotoWorld:
    """moto with one story's world in it. `aws` is what drowse is pointed at."""

    def __init__(self, moto, clients):
        self.aws, self.client = moto, clients.get

    def build(self, services, metrics=None):
        """`services`: name -> desired and running count; `metrics`: name -> connections, or None for no metrics."""
        self.aws.key, self.aws.secret = world.KEY, world.SECRET
        self.aws.check_signatures(False)
        self.aws.reset()
        self.aws.move_clock(HOURS_AGO)
        ecs = self.client("ecs")
        ecs.create_cluster(clusterName=CLUSTER)
        ecs.register_task_definition(family="task", containerDefinitions=[{"name": "main", "image": "x", "memory": 64}])
        for name, count in services.items():
            ecs.create_service(cluster=CLUSTER, serviceName=name, taskDefinition="task", desiredCount=count)
            ecs.update_service(cluster=CLUSTER, service=name, desiredCount=count)
        self.aws.move_clock("+0")
        for name, connections in (metrics or {}).items():
            self.put_metrics(name, connections)
        self.make_user()
        self.aws.check_signatures(True)
        self.record()

    def put_metrics(self, name, connections, minutes=40):
        """Connections that stay as they are, and an activity that is now, or two hours ago where there are none."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
        rows = []
        for ago in range(minutes, -1, -1):
            at = now - datetime.timedelta(minutes=ago)
            active = at.timestamp() if connections else now.timestamp() - 7200
            for metric, value in (("ActiveConnections", connections), ("LastActivityEpochSeconds", active)):
                rows.append({"MetricName": metric, "Dimensions": [{"Name": "Service", "Value": name}],
                             "Timestamp": at, "Value": value})
        self.client("cloudwatch").put_metric_data(Namespace="Fluidity", MetricData=rows)

    def make_user(self):
        """moto checks signatures by the keys of users that it knows."""
        iam = self.client("iam")
        iam.create_user(UserName="drowse")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="drowse", PolicyName="all", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName="drowse")["AccessKey"]
        self.aws.key, self.aws.secret = key["AccessKeyId"], key["SecretAccessKey"]

    def record(self):
        recording = pathlib.Path(self.aws.folder.name) / "moto_recording"
        with contextlib.suppress(FileNotFoundError):
            recording.unlink()
        world.ask(self.aws.url + "/moto-api/recorder/reset-recording", b"")
        world.ask(self.aws.url + "/moto-api/recorder/start-recording", b"")

    def calls(self):
        """The operations that drowse has sent since the last look, in their order."""
        world.ask(self.aws.url + "/moto-api/recorder/stop-recording", b"")
        text = world.ask(self.aws.url + "/moto-api/recorder/download-recording").decode()
        found = []
        for line in text.splitlines():
            headers = {key.lower(): value for key, value in json.loads(line)["headers"].items()} if line else {}
            if "x-amz-target" in headers:
                found.append(headers["x-amz-target"].split(".")[1])
        self.record()
        return found

    def desired(self, name=SERVICE):
        return self.described(name)["desiredCount"]

    def described(self, name=SERVICE):
        return self.unrecorded(lambda: self.client("ecs").describe_services(cluster=CLUSTER, services=[name],
                                                                            include=["TAGS"])["services"][0])

    def tags(self, name=SERVICE):
        return {tag["key"]: tag["value"] for tag in self.described(name).get("tags", [])}

    def unrecorded(self, call):
        world.ask(self.aws.url + "/moto-api/recorder/stop-recording", b"")
        try:
            return call()
        finally:
            world.ask(self.aws.url + "/moto-api/recorder/start-recording", b"")
