"""What moto changes before it refuses or stumbles is as it was."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.http import HttpRequest
from simulator.world import World

SIGNED = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/{}/aws4_request, Signature=0"


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")


def client(world: World, service: str) -> Any:
    return world.cloud.session().client(service)


def ec2(world: World, body: str) -> tuple[int, bytes]:
    kind = "application/x-www-form-urlencoded"
    headers = {"Authorization": SIGNED.format("ec2"), "Content-Type": kind}
    request = HttpRequest("POST", "http://localhost/", headers, body.encode())
    response = world.cloud.gateway.handle(request)
    return response.status, response.body


def test_a_vpc_without_a_name_leaves_all_groups(world: World) -> None:
    groups = client(world, "ec2").describe_security_groups()["SecurityGroups"]
    assert ec2(world, "Action=DeleteVpc")[0] == 400
    assert client(world, "ec2").describe_security_groups()["SecurityGroups"] == groups


def test_instances_of_a_subnet_that_is_not_there(world: World) -> None:
    with pytest.raises(ClientError, match="InvalidSubnetID"):
        client(world, "ec2").run_instances(MinCount=1, MaxCount=1, SubnetId="subnet-1")
    assert client(world, "ec2").describe_instances()["Reservations"] == []


def test_a_gateway_with_half_a_tag(world: World) -> None:
    body = (
        "Action=CreateTransitGateway&Options.DefaultRouteTableAssociation=enable"
        "&TagSpecification.1.Tag.1.Value=x"
    )
    status, said = ec2(world, body)
    assert status in (400, 501), said
    tables = client(world, "ec2").describe_transit_gateway_route_tables()
    assert tables["TransitGatewayRouteTables"] == []


def test_what_is_right_is_kept(world: World) -> None:
    vpc = client(world, "ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    client(world, "ec2").create_tags(Resources=[vpc], Tags=[{"Key": "k", "Value": "v"}])
    [found] = client(world, "ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert found["Tags"] == [{"Key": "k", "Value": "v"}]


def test_a_lifecycle_that_is_refused_leaves_the_one_before(world: World) -> None:
    s3 = client(world, "s3")
    s3.create_bucket(Bucket="rides")
    rule = {"ID": "a", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket="rides", LifecycleConfiguration={"Rules": [rule]})
    both = {**rule, "ID": "b", "Filter": {"Prefix": "x"}}
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.put_bucket_lifecycle_configuration(
            Bucket="rides", LifecycleConfiguration={"Rules": [rule, both]}
        )
    [left] = s3.get_bucket_lifecycle_configuration(Bucket="rides")["Rules"]
    assert left["ID"] == "a"


def test_ranges_are_for_reading(world: World) -> None:
    s3 = client(world, "s3")
    s3.create_bucket(Bucket="rides")
    for given in ("bytes=0-1", "nonsense"):
        headers = {"Authorization": SIGNED.format("s3"), "Range": given}
        put = HttpRequest("PUT", "http://localhost/rides/k", headers, b"12345")
        assert world.cloud.gateway.handle(put).status == 200
    assert s3.get_object(Bucket="rides", Key="k")["Body"].read() == b"12345"
    assert s3.get_object(Bucket="rides", Key="k", Range="nonsense")["Body"].read() == b"12345"
    assert s3.get_object(Bucket="rides", Key="k", Range="bytes=1-2")["Body"].read() == b"23"


def test_an_operation_that_moto_takes_for_another(world: World) -> None:
    s3 = client(world, "s3")
    s3.create_bucket(Bucket="rides")
    headers = {"Authorization": SIGNED.format("s3")}
    request = HttpRequest("PUT", "http://localhost/rides/k?encryption", headers, b"<a/>")
    assert world.cloud.gateway.handle(request).status == 501
    assert "Contents" not in s3.list_objects_v2(Bucket="rides")


def test_a_bucket_with_an_impossible_acl(world: World) -> None:
    headers = {"Authorization": SIGNED.format("s3"), "x-amz-acl": "nonsense"}
    request = HttpRequest("PUT", "http://localhost/rides", headers)
    assert world.cloud.gateway.handle(request).status >= 400
    assert client(world, "s3").list_buckets()["Buckets"] == []
    client(world, "s3").create_bucket(Bucket="rides")  # the name is free


def test_a_table_with_an_index_that_is_not_there(world: World) -> None:
    dynamodb = client(world, "dynamodb")
    table = dynamodb.create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    with pytest.raises(ClientError):
        dynamodb.update_table(
            TableName="rides",
            AttributeDefinitions=[{"AttributeName": "other", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "none"}}],
        )
    left = dynamodb.describe_table(TableName="rides")["Table"]
    assert left["AttributeDefinitions"] == table["AttributeDefinitions"]


def test_an_item_of_a_key_of_two_types(world: World) -> None:
    dynamodb = client(world, "dynamodb")
    dynamodb.create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for key in ({"S": "r", "N": "x"}, {}):
        with pytest.raises(ClientError, match="must contain exactly one of the supported"):
            dynamodb.update_item(TableName="rides", Key={"id": key})
    assert dynamodb.scan(TableName="rides")["Items"] == []
    dynamodb.update_item(TableName="rides", Key={"id": {"S": "r"}})
    assert dynamodb.scan(TableName="rides")["Items"] == [{"id": {"S": "r"}}]
