"""The price list in AWS's form (AWS Price List API Reference, "GetProducts"; AWS Billing User
Guide, "Reading the service price list files")."""

import json
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def pricing(world):
    return world.cloud.session().client("pricing")


def products(pricing, code, **terms):
    filters = [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in terms.items()]
    found = pricing.get_products(ServiceCode=code, Filters=filters)
    assert found["FormatVersion"] == "aws_v1"
    return [json.loads(entry) for entry in found["PriceList"]]


def dimensions(product):
    ((_, term),) = product["terms"]["OnDemand"].items()
    return list(term["priceDimensions"].values())


def test_a_million_one_second_calls_by_the_prices_that_it_tells(pricing):
    """Post 9's 512 MB: the figures of the price list and of the bill are one."""
    (duration,) = products(pricing, "AWSLambda", group="AWS-Lambda-Duration")
    (requests,) = products(pricing, "AWSLambda", group="AWS-Lambda-Requests")
    gb_second, request = (
        Decimal(dimensions(product)[0]["pricePerUnit"]["USD"]) for product in (duration, requests)
    )
    assert round(500_000 * gb_second + 1_000_000 * request, 2) == Decimal("8.54")
    assert duration["product"]["attributes"]["regionCode"] == "us-east-1"


def test_tiers_follow_one_another(pricing):
    (calls,) = products(pricing, "AmazonApiGateway", usagetype="USE1-ApiGatewayRequest")
    tiers = [(tier["beginRange"], tier["endRange"]) for tier in dimensions(calls)]
    assert tiers == [
        ("0", "333000000"),
        ("333000000", "1000000000"),
        ("1000000000", "20000000000"),
        ("20000000000", "Inf"),
    ]
    assert len({tier["rateCode"] for tier in dimensions(calls)}) == 4


def test_services_and_the_values_of_attributes(pricing):
    (service,) = pricing.describe_services(ServiceCode="AmazonDynamoDB")["Services"]
    assert {"servicecode", "usagetype", "location", "productFamily"} <= {*service["AttributeNames"]}
    told = pricing.get_attribute_values(ServiceCode="AmazonDynamoDB", AttributeName="productFamily")
    assert {"Value": "Database Storage"} in told["AttributeValues"]
    assert len(pricing.describe_services()["Services"]) > 10


def test_pages(pricing):
    pages = pricing.get_paginator("get_products").paginate(
        ServiceCode="AmazonS3", PaginationConfig={"PageSize": 4}
    )
    sizes = [len(page["PriceList"]) for page in pages]
    assert sizes[:-1] == [4] * (len(sizes) - 1)
    assert sum(sizes) == len(products(pricing, "AmazonS3"))


def test_what_is_not_there(pricing):
    assert products(pricing, "AWSLambda", location="EU (Ireland)") == []
    for act, options in (
        (pricing.get_products, {"ServiceCode": "Lambda"}),
        (pricing.describe_services, {"ServiceCode": "Lambda"}),
        (pricing.get_attribute_values, {"ServiceCode": "AWSLambda", "AttributeName": "x"}),
    ):
        with pytest.raises(ClientError) as refused:
            act(**options)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    with pytest.raises(ClientError) as refused:
        pricing.get_products(ServiceCode="AWSLambda", NextToken="x")
    assert refused.value.response["Error"]["Code"] == "InvalidNextTokenException"
