"""The schema registry: EventBridge User Guide, "Amazon EventBridge schemas"."""

import json

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"


def put(world, detail, detail_type="ride requested"):
    entry = {"Source": "rides", "DetailType": detail_type, "Detail": json.dumps(detail)}
    world.cloud.session().client("events").put_events(Entries=[entry])


def discovered(world, name="rides@RideRequested", **options):
    schemas = world.cloud.session().client("schemas")
    return schemas.describe_schema(RegistryName="discovered-schemas", SchemaName=name, **options)


def refusal(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_schemas_are_discovered_from_the_events_of_a_bus(world: World) -> None:
    schemas = world.cloud.session().client("schemas")
    discoverer = schemas.create_discoverer(SourceArn=BUS)
    assert discoverer["State"] == "STARTED"
    put(world, {"rideId": "r1", "fare": {"cents": 990}, "stops": [{"at": "2026-01-01T10:00:00Z"}]})
    document = json.loads(discovered(world)["Content"])
    envelope = document["components"]["schemas"]["AWSEvent"]
    assert envelope["x-amazon-events-detail-type"] == "ride requested"
    assert envelope["properties"]["detail"] == {"$ref": "#/components/schemas/RideRequested"}
    detail = document["components"]["schemas"]["RideRequested"]
    assert detail["required"] == ["fare", "rideId", "stops"]
    assert detail["properties"]["fare"] == {"$ref": "#/components/schemas/Fare"}
    fields = document["components"]["schemas"]["StopsItem"]["properties"]
    assert fields["at"] == {"type": "string", "format": "date-time"}


def test_other_content_is_another_version_and_the_same_is_not(world: World) -> None:
    schemas = world.cloud.session().client("schemas")
    schemas.create_discoverer(SourceArn=BUS)
    put(world, {"rideId": "r1"})
    put(world, {"rideId": "r2"})
    assert discovered(world)["SchemaVersion"] == "1"
    put(world, {"rideId": "r3", "tip": 1.5})
    latest = discovered(world)
    assert latest["SchemaVersion"] == "2"
    detail = json.loads(latest["Content"])["components"]["schemas"]["RideRequested"]
    assert detail["required"] == ["rideId"]
    assert detail["properties"]["tip"] == {"type": "number"}
    put(world, {"rideId": "r4"})  # it fits already
    assert discovered(world)["SchemaVersion"] == "2"
    first = json.loads(discovered(world, SchemaVersion="1")["Content"])
    assert "tip" not in first["components"]["schemas"]["RideRequested"]["properties"]


def test_a_stopped_discoverer_sees_nothing(world: World) -> None:
    schemas = world.cloud.session().client("schemas")
    identifier = schemas.create_discoverer(SourceArn=BUS)["DiscovererId"]
    assert schemas.stop_discoverer(DiscovererId=identifier)["State"] == "STOPPED"
    put(world, {"rideId": "r1"})
    asked = {"RegistryName": "discovered-schemas", "SchemaName": "rides@RideRequested"}
    assert refusal(schemas.describe_schema, **asked) == ("NotFoundException", 404)
    schemas.start_discoverer(DiscovererId=identifier)
    put(world, {"rideId": "r2"})
    assert discovered(world)["SchemaVersion"] == "1"
    assert refusal(schemas.create_discoverer, SourceArn=BUS) == ("ConflictException", 409)
    schemas.delete_discoverer(DiscovererId=identifier)
    assert schemas.list_discoverers()["Discoverers"] == []


def test_registries_and_schemas_live_and_die(world: World) -> None:
    schemas = world.cloud.session().client("schemas")
    schemas.create_registry(RegistryName="mine", Description="d", Tags={"a": "b"})
    assert schemas.describe_registry(RegistryName="mine")["Tags"] == {"a": "b"}
    assert refusal(schemas.create_registry, RegistryName="mine") == ("ConflictException", 409)
    assert refusal(schemas.create_registry, RegistryName="aws.mine") == ("ForbiddenException", 403)
    document = {"openapi": "3.0.0", "info": {}, "paths": {}, "components": {"schemas": {}}}
    schema = {"RegistryName": "mine", "SchemaName": "s@T"}
    content = {"Type": "OpenApi3", "Content": json.dumps(document)}
    assert schemas.create_schema(**schema, **content)["SchemaVersion"] == "1"
    assert refusal(schemas.create_schema, **schema, **content) == ("ConflictException", 409)
    assert schemas.update_schema(**schema, **content)["SchemaVersion"] == "2"
    versions = schemas.list_schema_versions(**schema)["SchemaVersions"]
    assert [version["SchemaVersion"] for version in versions] == ["1", "2"]
    assert json.loads(schemas.export_schema(**schema, Type="OpenApi3")["Content"]) == document
    found = schemas.search_schemas(RegistryName="mine", Keywords="openapi")["Schemas"]
    assert [entry["SchemaName"] for entry in found] == ["s@T"]
    schemas.delete_schema_version(**schema, SchemaVersion="1")
    assert schemas.list_schemas(RegistryName="mine")["Schemas"][0]["VersionCount"] == 1
    schemas.delete_schema(**schema)
    assert refusal(schemas.describe_schema, **schema) == ("NotFoundException", 404)
    schemas.delete_registry(RegistryName="mine")
    assert refusal(schemas.describe_registry, RegistryName="mine") == ("NotFoundException", 404)
    bad = {**schema, "RegistryName": "discovered-schemas", **content, "Content": "{"}
    assert refusal(schemas.create_schema, **bad)[0] in ("NotFoundException", "BadRequestException")


def test_a_schema_is_made_from_sample_events(world: World) -> None:
    schemas = world.cloud.session().client("schemas")
    events = [json.dumps({"a": 1, "b": None}), json.dumps({"a": "x", "c": [True]})]
    content = json.loads(schemas.get_discovered_schema(Events=events, Type="OpenApi3")["Content"])
    event = content["components"]["schemas"]["Event"]
    assert event["required"] == ["a"]
    assert event["properties"]["a"] == {}
    assert event["properties"]["c"] == {"type": "array", "items": {"type": "boolean"}}
    draft = schemas.get_discovered_schema(Events=events, Type="JSONSchemaDraft4")["Content"]
    assert json.loads(draft)["$schema"] == "http://json-schema.org/draft-04/schema#"


def test_registries_are_listed_page_by_page(world: World) -> None:
    schemas = world.cloud.session().client("schemas")
    for name in ("a", "b", "c"):
        schemas.create_registry(RegistryName=name)
    page = schemas.list_registries(Scope="LOCAL", Limit=2)
    assert [registry["RegistryName"] for registry in page["Registries"]] == ["a", "b"]
    rest = schemas.list_registries(Scope="LOCAL", Limit=2, NextToken=page["NextToken"])
    assert [registry["RegistryName"] for registry in rest["Registries"]] == ["c"]
    assert "NextToken" not in rest
    aws = schemas.list_registries(Scope="AWS")["Registries"]
    assert [registry["RegistryName"] for registry in aws] == ["aws.events"]
