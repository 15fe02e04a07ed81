"""What nobody built is refused in the service's own protocol: a client reads code and message."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser

pytestmark = pytest.mark.process

BUCKET = {"Bucket": "rides-of-nobody"}
NOT_BUILT: list[tuple[str, str, dict[str, Any]]] = [
    ("outposts", "list_outposts", {}),  # REST-JSON, unknown to moto
    ("drs", "describe_jobs", {}),  # REST-JSON, unknown to moto
    ("codeguru-reviewer", "list_code_reviews", {"Type": "PullRequest"}),
    ("kms", "connect_custom_key_store", {"CustomKeyStoreId": "c"}),  # JSON 1.1
    ("ec2", "create_coip_pool", {"LocalGatewayRouteTableId": "l"}),  # EC2's XML
    ("iam", "list_service_specific_credentials", {}),  # query XML
    ("dynamodb", "list_contributor_insights", {}),  # JSON 1.0
    ("route53", "list_cidr_collections", {}),  # REST-XML
    ("s3", "list_bucket_intelligent_tiering_configurations", BUCKET),
    ("s3", "delete_bucket_metrics_configuration", {**BUCKET, "Id": "1"}),
    ("s3", "get_object_torrent", {**BUCKET, "Key": "k"}),
    ("s3", "rename_object", {**BUCKET, "Key": "k", "RenameSource": "x"}),
    ("apigateway", "get_sdk_types", {}),
]


def operation_of(client: Any, method: str) -> str:
    return str(client.meta.method_to_api_mapping[method])


@pytest.mark.parametrize(("service", "method", "arguments"), NOT_BUILT)
def test_a_client_reads_that_it_is_not_built(
    served: Any, service: str, method: str, arguments: dict[str, Any]
) -> None:
    client = served.client(service, inject_host_prefix=False)
    if service == "s3":
        client.create_bucket(**BUCKET)
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**arguments)
    told = caught.value.response
    assert told["Error"]["Code"] == "NotImplemented"
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 501
    name = f"{service}:{operation_of(client, method)}"
    assert told["Error"]["Message"].startswith(f"{name} is not implemented by Paddock")
    if service == "s3":
        client.head_bucket(**BUCKET)  # and it is all still there
    assert [f for f in served.facts("call") if f["action"] == operation_of(client, method)][-1][
        "error"
    ] == "NotImplemented"


def test_the_cli_says_so_too(served: Any) -> None:
    done = served.aws_process("drs", "describe-jobs")
    assert done.returncode != 0
    assert "(NotImplemented)" in done.stderr
    assert "drs:DescribeJobs is not implemented by Paddock" in done.stderr


def test_a_cbor_client_gets_cbor(served: Any) -> None:
    request = Request(
        f"{served.url}/service/CloudWatchOmni/operation/CreateSpace",
        b"\xa0",
        {
            "Smithy-Protocol": "rpc-v2-cbor",
            "Content-Type": "application/cbor",
            "Authorization": "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/cloudwatchomni/x",
        },
    )
    with pytest.raises(HTTPError) as caught:
        urlopen(request)
    with caught.value as answer:
        body = answer.read()
        assert answer.status == 501
        assert answer.headers["Content-Type"] == "application/cbor"
        assert answer.headers["Smithy-Protocol"] == "rpc-v2-cbor"
    parser: Any = create_parser("smithy-rpc-v2-cbor")
    parsed = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    assert parsed["__type"] == "NotImplemented"
    assert parsed["message"].startswith("cloudwatchomni:CreateSpace is not implemented")
