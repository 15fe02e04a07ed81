"""Names: botocore's for each service and operation, though moto and signatures have others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=2) as world:
        yield world


CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("acm-pca", "list_certificate_authorities", {}, "ListCertificateAuthorities"),
    ("apigateway", "get_rest_apis", {}, "GetRestApis"),
    ("apigatewayv2", "get_apis", {}, "GetApis"),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}, ""),
    ("cloudwatch", "list_metrics", {}, "ListMetrics"),
    ("cognito-idp", "list_user_pools", {"MaxResults": 1}, "ListUserPools"),
    ("elb", "describe_load_balancers", {}, "DescribeLoadBalancers"),
    ("elbv2", "describe_load_balancers", {}, "DescribeLoadBalancers"),
    ("elbv2", "describe_target_groups", {}, "DescribeTargetGroups"),
    ("events", "list_rules", {}, "ListRules"),
    ("lambda", "list_functions", {}, "ListFunctions"),
    ("rds", "describe_db_instances", {}, "DescribeDBInstances"),
    ("resourcegroupstaggingapi", "get_resources", {}, "GetResources"),
    ("ses", "list_identities", {}, "ListIdentities"),
    ("sesv2", "list_email_identities", {}, "ListEmailIdentities"),
    ("stepfunctions", "list_activities", {}, "ListActivities"),
    ("timestream-write", "list_databases", {}, "ListDatabases"),
]


@pytest.mark.parametrize(("service", "method", "arguments", "action"), CALLS)
def test_the_journal_has_botocores_names(
    world: World, service: str, method: str, arguments: dict[str, Any], action: str
) -> None:
    client: Any = world.cloud.session().client(service)  # type: ignore[call-overload]
    getattr(client, method)(**arguments)
    told = world.journal.facts[-1].data
    assert told["service"] == service
    assert told["action"] == (action or client.meta.method_to_api_mapping[method])
    assert told["status"] == 200
