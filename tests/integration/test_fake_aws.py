#!/usr/bin/env python3
"""The fake AWS of the tests answers as AWS does: botocore, which knows the service models, is its client."""
import datetime
import os
import sys
import time
import urllib.error

import aws_world as world
from aws_world import expect

PYTHON = world.venv_python()
try:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import ClientError, HTTPClientError
except ImportError:
    if PYTHON is None or os.environ.get("IN_VENV"):
        print("left out: the fake AWS checked by botocore: there is no Python environment that has it")
        sys.exit(0)
    os.environ["IN_VENV"] = "1"
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

STARTED = {"ago_s": 60, "message": "(service web) has started 1 tasks: (task x)."}
WORLD = {"services": [world.service("web", desired=1, tags={"team": "a"}, events=[STARTED]),
                      world.service("agent", strategy="DAEMON"), world.service("old", status="INACTIVE"),
                      world.service("leaving", status="DRAINING")] + [world.service(f"s{i:02}") for i in range(20)],
         "clusters": ["empty"], "metrics": world.idle_metrics()}


def client(aws, service, key=world.KEY, secret=world.SECRET, token=None, region=world.REGION):
    session = botocore.session.Session()
    return session.create_client(service, region_name=region, endpoint_url=aws.url, aws_access_key_id=key,
                                 aws_secret_access_key=secret, aws_session_token=token,
                                 config=Config(retries={"total_max_attempts": 1}, read_timeout=0.5, proxies={}))


def refused(call, code):
    try:
        call()
    except ClientError as error:
        expect(error.response["Error"]["Code"] == code, f"{code} is due, not {error}")
        expect(error.response["ResponseMetadata"]["RequestId"].startswith("00000000-fa4e"), "no request id", error)
        return str(error)
    raise AssertionError(f"{code} is due, and it was taken")


def query(number=0, service="web", **changes):
    stat = {"Metric": {"Namespace": "Fluidity", "MetricName": "ActiveConnections",
                       "Dimensions": [{"Name": "Service", "Value": service}]}, "Period": 60, "Stat": "Average"}
    stat.update(changes)
    return {"Id": f"m{number}", "MetricStat": stat}


def metric_data(aws, queries, minutes=10, **more):
    cloudwatch = client(aws, "cloudwatch")
    now = datetime.datetime.now(datetime.timezone.utc)
    arguments = {"StartTime": now - datetime.timedelta(minutes=minutes), "EndTime": now, "MetricDataQueries": queries}
    return cloudwatch.get_metric_data(**{**arguments, **more})


def test_describe(aws):
    aws.begin()
    ecs = client(aws, "ecs")
    answer = ecs.describe_services(cluster="c", services=["web", "nobody"], include=["TAGS"])
    (web,), (failure,) = answer["services"], answer["failures"]
    expect(web["serviceArn"] == "arn:aws:ecs:eu-west-1:123456789012:service/c/web", web["serviceArn"])
    expect((web["desiredCount"], web["runningCount"], web["pendingCount"]) == (1, 1, 0), web)
    expect(web["tags"] == [{"key": "team", "value": "a"}], web["tags"])
    expect(web["deployments"][0]["rolloutState"] == "COMPLETED" and web["createdAt"].year >= 2020, web)
    expect(failure["reason"] == "MISSING" and failure["arn"].endswith("service/c/nobody"), failure)
    expect("tags" not in ecs.describe_services(cluster="c", services=["web"])["services"][0], "tags unasked for")
    arn = web["serviceArn"]
    expect(ecs.describe_services(cluster="arn:aws:ecs:eu-west-1:123456789012:cluster/c", services=[arn])["services"],
           "by ARN")


def test_describe_refusals(aws):
    aws.begin()
    ecs = client(aws, "ecs")
    refused(lambda: ecs.describe_services(cluster="c", services=[f"s{i:02}" for i in range(11)]),
            "InvalidParameterException")
    refused(lambda: ecs.describe_services(cluster="c", services=[]), "InvalidParameterException")
    refused(lambda: ecs.describe_services(cluster="x", services=["web"]), "ClusterNotFoundException")
    expect(ecs.describe_services(cluster="empty", services=["web"])["failures"], "a cluster without services")


def test_update(aws):
    aws.begin(world={**WORLD, "start_delay_s": 0.4})
    ecs = client(aws, "ecs")
    stopped = ecs.update_service(cluster="c", service="web", desiredCount=0)["service"]
    expect(stopped["desiredCount"] == 0, stopped)
    down = ecs.describe_services(cluster="c", services=["web"])["services"][0]
    expect(down["runningCount"] == 0 and "has stopped" in down["events"][1]["message"], down["events"][:2])
    up = ecs.update_service(cluster="c", service="web", desiredCount=2)["service"]
    expect((up["desiredCount"], up["runningCount"], up["pendingCount"]) == (2, 0, 2), up)
    for _ in range(200):
        up = ecs.describe_services(cluster="c", services=["web"])["services"][0]
        if up["runningCount"] == 2:
            break
        time.sleep(0.02)
    expect(up["runningCount"] == 2 and "has started 2 tasks" in up["events"][1]["message"], up["events"][:2])
    expect(up["deployments"][0]["createdAt"] == down["deployments"][0]["createdAt"], "a count starts no deployment")


def test_update_refusals(aws):
    aws.begin()
    ecs = client(aws, "ecs")
    for name, code in (("nobody", "ServiceNotFoundException"), ("old", "ServiceNotActiveException"),
                       ("leaving", "ServiceNotActiveException"), ("agent", "InvalidParameterException")):
        refused(lambda name=name: ecs.update_service(cluster="c", service=name, desiredCount=0), code)
    refused(lambda: ecs.update_service(cluster="x", service="web", desiredCount=0), "ClusterNotFoundException")
    refused(lambda: ecs.update_service(cluster="c", service="web", desiredCount=-1), "InvalidParameterException")
    refused(lambda: ecs.update_service(cluster="c", service="web", desiredCount=0, forceNewDeployment=True),
            "InvalidParameterException")
    expect(ecs.describe_services(cluster="c", services=["web"])["services"][0]["desiredCount"] == 1, "it was changed")


def test_tags(aws):
    aws.begin()
    ecs = client(aws, "ecs")
    arn = "arn:aws:ecs:eu-west-1:123456789012:service/c/web"
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "drowse-wake", "value": "1"}, {"key": "team", "value": "b"}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["drowse-wake"])
    tags = ecs.describe_services(cluster="c", services=["web"], include=["TAGS"])["services"][0]["tags"]
    expect(tags == [{"key": "team", "value": "b"}], tags)
    refused(lambda: ecs.tag_resource(resourceArn=arn, tags=[{"key": "aws:x", "value": ""}]),
            "InvalidParameterException")
    refused(lambda: ecs.tag_resource(resourceArn=arn, tags=[{"key": "x", "value": "a,b"}]),
            "InvalidParameterException")
    refused(lambda: ecs.tag_resource(resourceArn=arn + "x", tags=[]), "InvalidParameterException")


def test_list(aws):
    aws.begin()
    ecs = client(aws, "ecs")
    expect(len(ecs.list_services(cluster="c")["serviceArns"]) == 10, "ten a page unless more is asked for")
    pages = ecs.get_paginator("list_services").paginate(cluster="c", schedulingStrategy="REPLICA",
                                                        PaginationConfig={"PageSize": 7})
    arns = [arn for page in pages for arn in page["serviceArns"]]
    expect(len(arns) == 22 and len(set(arns)) == 22, f"{len(arns)} services")
    refused(lambda: ecs.list_services(cluster="x"), "ClusterNotFoundException")


def test_metrics(aws):
    aws.begin()
    result = metric_data(aws, [query()])["MetricDataResults"][0]
    expect(9 <= len(result["Values"]) <= 11 and set(result["Values"]) == {0.0}, result)
    expect(result["Timestamps"] == sorted(result["Timestamps"], reverse=True), "newest first")
    expect(all(at.second == 0 for at in result["Timestamps"]), "buckets begin at whole minutes", result)
    expect(result["StatusCode"] == "Complete", result)
    other = query()
    other["MetricStat"]["Metric"]["Dimensions"] = []
    nothing = metric_data(aws, [other])["MetricDataResults"][0]
    expect(nothing["Values"] == [] and nothing["StatusCode"] == "Complete", "without its dimensions", nothing)


def test_statistics(aws):
    points = [[ago, value] for ago, value in ((905, 1), (904, 2), (903, 3), (902, 10), (901, 4))]
    aws.begin(world={"services": [world.service()], "metrics": [
        {"namespace": "Fluidity", "metric": "ActiveConnections", "dimensions": {"Service": "web"}, "points": points}]})
    for stat, value in (("Average", 4), ("Sum", 20), ("Minimum", 1), ("Maximum", 10), ("SampleCount", 5), ("p50", 3),
                        ("p99", 10)):
        values = metric_data(aws, [query(Stat=stat, Period=3600)], minutes=120)["MetricDataResults"][0]["Values"]
        if len(values) == 1:  # else the hour ends within these five seconds
            expect(values == [value], stat, values)


def test_lag(aws):
    aws.begin(world={**WORLD, "lag_s": 180})
    newest = metric_data(aws, [query()])["MetricDataResults"][0]["Timestamps"][0].timestamp()
    expect(time.time() - newest >= 180, f"{time.time() - newest} s old")


def test_pages(aws):
    aws.begin(world={**WORLD, "page_points": 7})
    queries = [query(i) for i in range(3)]
    cloudwatch = client(aws, "cloudwatch")
    now = datetime.datetime.now(datetime.timezone.utc)
    arguments = {"StartTime": now - datetime.timedelta(minutes=30), "EndTime": now, "MetricDataQueries": queries}
    found, pages, token = {}, 0, {}
    while True:
        page = cloudwatch.get_metric_data(**arguments, **token)
        pages += 1
        for result in page["MetricDataResults"]:
            expect(result["StatusCode"] in ("Complete", "PartialData"), result)
            found.setdefault(result["Id"], []).extend(result["Timestamps"])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    expect(pages >= 12 and set(found) == {"m0", "m1", "m2"}, pages, list(found))
    expect(all(len(set(at)) == len(at) and 29 <= len(at) <= 31 for at in found.values()), found)
    refused(lambda: cloudwatch.get_metric_data(**arguments, NextToken="nonsense"), "InvalidNextToken")


def test_metric_refusals(aws):
    aws.begin()
    refused(lambda: metric_data(aws, [query(i) for i in range(501)]), "ValidationError")
    refused(lambda: metric_data(aws, [query(), query()]), "InvalidParameterValue")
    refused(lambda: metric_data(aws, [query() | {"Id": "1x"}]), "InvalidParameterValue")
    refused(lambda: metric_data(aws, [query(Period=90)]), "InvalidParameterValue")
    refused(lambda: metric_data(aws, [query(Stat="Mean")]), "InvalidParameterValue")
    refused(lambda: metric_data(aws, [query()], minutes=-1), "InvalidParameterValue")
    refused(lambda: metric_data(aws, [query()], MaxDatapoints=100801), "InvalidParameterValue")
    for period in (1, 5, 10, 20, 30, 60, 300, 86400):
        metric_data(aws, [query(Period=period)])
    expect(len(metric_data(aws, [query(i) for i in range(500)])["MetricDataResults"]) == 500, "500 are fine")


def test_signatures(aws):
    aws.begin(world={**WORLD, "token": "session=="})
    describe = {"cluster": "c", "services": ["web"]}
    client(aws, "ecs", token="session==").describe_services(**describe)
    refused(lambda: client(aws, "ecs").describe_services(**describe), "UnrecognizedClientException")
    refused(lambda: client(aws, "ecs", key="AKIDOTHER", token="session==").describe_services(**describe),
            "UnrecognizedClientException")
    refused(lambda: client(aws, "ecs", secret="wrong", token="session==").describe_services(**describe),
            "InvalidSignatureException")
    refused(lambda: client(aws, "ecs", token="session==", region="us-east-1").describe_services(**describe),
            "InvalidSignatureException")
    expect([call["signed"] for call in aws.calls()] == ["right", "wrong", "wrong", "wrong", "wrong"], aws.calls())
    try:
        world.ask(aws.url + "/", b"{}", "application/x-amz-json-1.1")
        raise AssertionError("an unsigned request was taken")
    except urllib.error.HTTPError as error:
        expect(error.code == 404, error)


def test_clock(aws):
    aws.begin()
    aws.control(clock_offset_s=3600)
    text = refused(lambda: client(aws, "ecs").describe_services(cluster="c", services=["web"]),
                   "RequestTimeTooSkewed")
    expect("difference" in text, text)


def test_credentials(aws):
    aws.begin()
    sts = client(aws, "sts")
    role = {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "test"}
    found = sts.assume_role(**role)["Credentials"]
    describe = {"cluster": "c", "services": ["web"]}
    keys = {"key": found["AccessKeyId"], "secret": found["SecretAccessKey"], "token": found["SessionToken"]}
    client(aws, "ecs", **keys).describe_services(**describe)
    web = sts.assume_role_with_web_identity(**role, WebIdentityToken="a.b.c")["Credentials"]
    expect(web["AccessKeyId"] != found["AccessKeyId"] and web["Expiration"].year >= 2026, web)
    refused_sts = client(aws, "sts", secret="wrong")
    try:
        refused_sts.assume_role(**role)
        raise AssertionError("a wrong secret was taken")
    except ClientError as error:
        expect(error.response["Error"]["Code"] == "InvalidSignatureException", error)


def test_expiry(aws):
    aws.begin(world={**WORLD, "life_s": -1})
    found = client(aws, "sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="test")
    keys = found["Credentials"]
    ecs = client(aws, "ecs", key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], token=keys["SessionToken"])
    refused(lambda: ecs.describe_services(cluster="c", services=["web"]), "ExpiredTokenException")


def test_metadata(aws):
    aws.begin()
    from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher
    fetcher = InstanceMetadataFetcher(base_url=aws.url + "/", num_attempts=1)
    found = fetcher.retrieve_iam_role_credentials()
    expect(found["access_key"].startswith("ASIAFAKE") and found["role_name"] == "fake-role", found)
    found = ContainerMetadataFetcher().retrieve_full_uri(aws.url + "/credentials/x")
    expect(found["AccessKeyId"].startswith("ASIAFAKE"), found)


def test_faults(aws):
    ecs = client(aws, "ecs")
    describe = {"cluster": "c", "services": ["web"]}
    aws.begin(faults=[{"call": "DescribeServices", "nth": 2, "times": 1, "kind": "throttling"}])
    ecs.describe_services(**describe)
    refused(lambda: ecs.describe_services(**describe), "ThrottlingException")
    ecs.describe_services(**describe)
    for kind, error in (("reset", HTTPClientError), ("truncated", HTTPClientError), ("timeout", HTTPClientError)):
        aws.begin(faults=[{"call": "DescribeServices", "kind": kind}])
        try:
            ecs.describe_services(**describe)
        except Exception as seen:
            expect(isinstance(seen, error), kind, repr(seen))
        else:
            raise AssertionError(f"{kind}: it went well")
    # botocore takes what is no JSON for an empty answer.
    for kind in ("not_json", "half", "empty"):
        aws.begin(faults=[{"call": "DescribeServices", "kind": kind}])
        expect("services" not in ecs.describe_services(**describe), kind)
    aws.begin(faults=[{"call": "DescribeServices", "kind": "wrong_types"}])
    counts = ecs.describe_services(**describe)["services"][0]
    expect(counts["desiredCount"] == "1", counts)
    for kind in ("close", "chunks", "slow", "huge"):
        aws.begin(faults=[{"call": "DescribeServices", "kind": kind}])
        expect(client(aws, "ecs").describe_services(**describe)["services"][0]["serviceName"] == "web", kind)


def test_lost_answer(aws):
    aws.begin(faults=[{"call": "UpdateService", "kind": "reset", "applied": True}])
    ecs = client(aws, "ecs")
    try:
        ecs.update_service(cluster="c", service="web", desiredCount=0)
        raise AssertionError("the answer came")
    except AssertionError:
        raise
    except Exception:
        pass
    expect(ecs.describe_services(cluster="c", services=["web"])["services"][0]["desiredCount"] == 0, "not applied")


def test_metric_faults(aws):
    for kind, status, count in (("partial_data", "PartialData", None), ("forbidden", "Forbidden", 0),
                                ("internal_error", "InternalError", 0)):
        aws.begin(faults=[{"call": "GetMetricData", "kind": kind}])
        result = metric_data(aws, [query()])["MetricDataResults"][0]
        expect(result["StatusCode"] == status, kind, result)
        expect(count is None or len(result["Values"]) == count, kind, result)
    aws.begin(faults=[{"call": "GetMetricData", "kind": "endless", "times": -1}])
    tokens = {metric_data(aws, [query()])["NextToken"] for _ in range(3)}
    expect(len(tokens) == 3, tokens)


def test_rate(aws):
    aws.begin(faults=[{"call": "UpdateService", "kind": "rate", "per_s": 5, "times": -1}])
    ecs = client(aws, "ecs")
    codes = []
    for count in range(12):
        try:
            ecs.update_service(cluster="c", service="web", desiredCount=count)
            codes.append(200)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    expect(codes[:5] == [200] * 5 and "ThrottlingException" in codes, codes)


def test_hooks(aws):
    aws.begin(on=[{"call": "DescribeServices", "nth": 2, "before": True, "do": {"service": "c/web", "woken": True}},
                  {"call": "DescribeServices", "nth": 2,
                   "do": [{"service": "c/web", "deploy": True}, {"service": "c/web", "event": "hello"}]}])
    ecs = client(aws, "ecs")
    seen = [ecs.describe_services(cluster="c", services=["web"], include=["TAGS"])["services"][0] for _ in range(3)]
    marks = [any(tag["key"] == "drowse-wake" for tag in one["tags"]) for one in seen]
    expect(marks == [False, True, True], marks)
    expect([len(one["deployments"]) for one in seen] == [1, 1, 2], [one["deployments"] for one in seen])
    expect(seen[2]["events"][0]["message"] == "hello", seen[2]["events"])


def test_log(aws):
    aws.begin()
    ecs = client(aws, "ecs")
    ecs.describe_services(cluster="c", services=["web", "s01"])
    metric_data(aws, [query()])
    ecs.update_service(cluster="c", service="web", desiredCount=0)
    expect(aws.counts() == {"DescribeServices": 1, "GetMetricData": 1, "UpdateService": 1}, aws.counts())
    describe, metrics, update = aws.calls()
    expect((describe["target"], describe["items"], describe["code"]) == ("c/web,s01", 2, 200), describe)
    expect(metrics["items"] == 1, metrics)
    expect(0 <= update["described_ago_s"] < 60 and 0 <= update["measured_ago_s"] <= update["described_ago_s"], update)


def main():
    tally = world.Tally()
    tests = sorted((name, test) for name, test in globals().items() if name.startswith("test_"))
    with world.FakeAws(WORLD) as aws:
        for name, test in tests:
            tally.run(name, test, aws)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
