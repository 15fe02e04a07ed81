"""Cost Explorer tells what the world's own journal costs (API Reference, "GetCostAndUsage")."""

import json
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from simulator.price import Bill, metered

DAY_S = 86_400.0
JANUARY = {"Start": "2026-01-01", "End": "2026-02-01"}
SQS = "Amazon Simple Queue Service"


@pytest.fixture
def ce(world):
    """Three days on which a queue of the team called fares gets 2, 20 and 200 messages."""
    session = world.cloud.session()
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="jobs", tags={"team": "fares"})["QueueUrl"]
    for day, number in enumerate((2, 20, 200)):
        world.run(until=day * DAY_S)
        for _ in range(number):
            sqs.send_message(QueueUrl=url, MessageBody="x")
    session.client("s3").create_bucket(Bucket="photos")
    world.run(until=3 * DAY_S)
    return session.client("ce")


def costs(ce, **options):
    return ce.get_cost_and_usage(
        **{
            "TimePeriod": JANUARY,
            "Granularity": "MONTHLY",
            "Metrics": ["UnblendedCost"],
            **options,
        }
    )["ResultsByTime"]


def of_sqs(result):
    return {key: group["Metrics"] for group in result["Groups"] for key in group["Keys"]}[SQS]


def test_the_days_are_told_apart_and_add_up_to_the_bill(ce, world):
    bill = Bill.of(metered(world.journal.facts, world.clock.start, world.now_s))
    days = costs(
        ce,
        TimePeriod={"Start": "2026-01-01", "End": "2026-01-04"},
        Granularity="DAILY",
        Metrics=["UnblendedCost", "UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )
    amounts = [of_sqs(day)["UsageQuantity"]["Amount"] for day in days]
    assert amounts == ["3", "20", "200"]  # the queue was made on the first
    assert days[0]["TimePeriod"] == {"Start": "2026-01-01", "End": "2026-01-02"}
    total = sum(Decimal(of_sqs(day)["UnblendedCost"]["Amount"]) for day in days)
    assert total == bill.by_service()["Amazon SQS"] == Decimal("0.0000892")


def test_a_month_is_estimated_until_it_is_over(ce, world):
    assert [month["Estimated"] for month in costs(ce)] == [True]
    world.run(until=40 * DAY_S)
    period = {"Start": "2026-01-01", "End": "2026-03-01"}
    assert [month["Estimated"] for month in costs(ce, TimePeriod=period)] == [False, True]


def test_costs_by_tag(ce):
    (month,) = costs(ce, GroupBy=[{"Type": "TAG", "Key": "team"}])
    told = {
        group["Keys"][0]: group["Metrics"]["UnblendedCost"]["Amount"] for group in month["Groups"]
    }
    assert told == {"team$": "0.000005", "team$fares": "0.0000892"}
    period = {"TimePeriod": JANUARY}
    assert ce.get_tags(**period)["Tags"] == ["team"]
    assert ce.get_tags(**period, TagKey="team")["Tags"] == ["fares"]


@pytest.mark.parametrize(
    ("wanted", "amount"),
    [
        ({"Dimensions": {"Key": "SERVICE", "Values": [SQS]}}, "0.0000892"),
        ({"Not": {"Dimensions": {"Key": "SERVICE", "Values": [SQS]}}}, "0.000005"),
        ({"Tags": {"Key": "team", "Values": ["fares"]}}, "0.0000892"),
        ({"Tags": {"Key": "team", "MatchOptions": ["ABSENT"]}}, "0.000005"),
        (
            {
                "Or": [
                    {"Tags": {"Key": "team", "Values": ["FAR"],
                              "MatchOptions": ["STARTS_WITH", "CASE_INSENSITIVE"]}},
                    {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["Requests-Tier1"]}},
                ]
            },
            "0.0000942",
        ),
        (
            {
                "And": [
                    {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["123456789012"]}},
                    {"Tags": {"Key": "team", "Values": ["tips"]}},
                ]
            },
            "0",
        ),
    ],
)  # fmt: skip
def test_filters(ce, wanted, amount):
    (month,) = costs(ce, Filter=wanted)
    assert month["Total"] == {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}


def test_to_ask_has_its_price_too(ce):
    """AWS Cost Explorer Pricing: a cent for each request."""
    costs(ce)
    values = ce.get_dimension_values(TimePeriod=JANUARY, Dimension="SERVICE")["DimensionValues"]
    assert {"AWS Cost Explorer", SQS} <= {value["Value"] for value in values}


def test_an_account_sees_its_own_and_a_manager_its_organization_s(ce, world):
    organizations = world.cloud.session().client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="tenant", Email="t@example.com")
    tenant = made["CreateAccountStatus"]["AccountId"]
    world.cloud.session(tenant).client("sqs").create_queue(QueueName="theirs")
    by_account = [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]
    (seen,) = costs(ce, GroupBy=by_account)
    assert {group["Keys"][0] for group in seen["Groups"]} == {"123456789012", tenant}
    (seen,) = costs(world.cloud.session(tenant).client("ce"), GroupBy=by_account)
    assert {group["Keys"][0] for group in seen["Groups"]} == {tenant}


def test_the_tags_of_a_stack_and_of_its_templates_are_on_the_bill(world):
    """CloudFormation User Guide, "Resource tag"."""
    tag = [{"Key": "team", "Value": "data"}]
    template = {
        "Resources": {
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
                    "Tags": tag,
                },
            },
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 2}},
        }
    }
    session = world.cloud.session()
    session.client("cloudformation").create_stack(
        StackName="rides",
        TemplateBody=json.dumps(template),
        Tags=[{"Key": "stage", "Value": "beta"}],
    )
    world.run(until=100 * 3600.0)

    def by(key):
        (month,) = costs(session.client("ce"), GroupBy=[{"Type": "TAG", "Key": key}])
        return {g["Keys"][0]: g["Metrics"]["UnblendedCost"]["Amount"] for g in month["Groups"]}

    table, stream = "0.78", "3"  # 100 hours of 10 units of each kind, and of two shards
    assert by("team")["team$data"] == table
    assert Decimal(by("stage")["stage$beta"]) == Decimal(table) + Decimal(stream)
    assert by("aws:cloudformation:stack-name")["aws:cloudformation:stack-name$rides"] == "3.78"


def test_there_is_nothing_of_days_before_the_world_began(ce):
    assert costs(ce, TimePeriod={"Start": "2024-01-01", "End": "2024-02-01"}) == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"TimePeriod": {"Start": "2026-02-01", "End": "2026-01-01"}}, "ValidationException"),
        ({"TimePeriod": {"Start": "soon", "End": "2026-01-01"}}, "ValidationException"),
        ({"Metrics": []}, "ValidationException"),
        ({"Metrics": ["Cost"]}, "ValidationException"),
        ({"Granularity": "HOURLY"}, "DataUnavailableException"),
        ({"GroupBy": [{"Type": "DIMENSION", "Key": "AZ"}]}, "ValidationException"),
        ({"GroupBy": [{"Type": "TAG", "Key": k} for k in "abc"]}, "ValidationException"),
        ({"Filter": {"CostCategories": {"Key": "k", "Values": ["v"]}}}, "ValidationException"),
    ],
)
def test_what_cannot_be_told_is_refused(ce, options, code):
    with pytest.raises(ClientError) as refused:
        costs(ce, **options)
    assert refused.value.response["Error"]["Code"] == code
