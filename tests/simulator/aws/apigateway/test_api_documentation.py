"""Documentation of REST APIs.

Sources: API Gateway Developer Guide, "Documentation for REST APIs in API Gateway"; API Reference,
"CreateDocumentationPart", "CreateDocumentationVersion", "ImportDocumentationParts".
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

PLACE = {"type": "METHOD", "path": "/rides", "method": "GET"}
TEXT = json.dumps({"description": "all rides"})
EXTENSION = "x-amazon-apigateway-documentation"


def test_a_part_from_its_making_to_its_end(rest: Any) -> None:
    client, api = rest.client, {"restApiId": rest.id}
    part = client.create_documentation_part(**api, location=PLACE, properties=TEXT)
    client.create_documentation_part(**api, location={"type": "API"}, properties=TEXT)
    named = {**api, "documentationPartId": part["id"]}
    assert client.get_documentation_part(**named)["location"] == PLACE
    (found,) = client.get_documentation_parts(**api, type="METHOD", path="/rides")["items"]
    assert found["id"] == part["id"]
    change = {"op": "replace", "path": "/properties", "value": '{"a": 1}'}
    told = client.update_documentation_part(**named, patchOperations=[change])
    assert told["properties"] == '{"a": 1}'
    client.delete_documentation_part(**named)
    with pytest.raises(ClientError, match="NotFoundException"):
        client.get_documentation_part(**named)


def test_what_is_no_part_is_refused(rest: Any) -> None:
    client, api = rest.client, {"restApiId": rest.id}
    client.create_documentation_part(**api, location=PLACE, properties=TEXT)
    with pytest.raises(ClientError, match="Conflict"):
        client.create_documentation_part(**api, location=PLACE, properties=TEXT)
    for location, properties in (({"type": "PONY"}, TEXT), ({"type": "API"}, "no JSON")):
        with pytest.raises(ClientError, match="BadRequest"):
            client.create_documentation_part(**api, location=location, properties=properties)


def test_a_version_keeps_the_parts_for_a_stage(rest: Any) -> None:
    client, api = rest.client, {"restApiId": rest.id}
    rest.mock("GET", "/rides")
    rest.deploy()
    with pytest.raises(ClientError, match="BadRequest"):
        client.create_documentation_version(**api, documentationVersion="1")
    client.create_documentation_part(**api, location=PLACE, properties=TEXT)
    client.create_documentation_version(**api, documentationVersion="1", stageName="prod")
    client.create_documentation_part(**api, location={"type": "API"}, properties=TEXT)
    assert client.get_stage(**api, stageName="prod")["documentationVersion"] == "1"
    told = json.loads(
        client.get_export(
            **api, stageName="prod", exportType="oas30", parameters={"extensions": "apigateway"}
        )["body"].read()
    )[EXTENSION]
    assert told == {
        "version": "1",
        "documentationParts": [{"location": PLACE, "properties": {"description": "all rides"}}],
    }
    change = {"op": "replace", "path": "/description", "value": "the first"}
    named = {**api, "documentationVersion": "1"}
    client.update_documentation_version(**named, patchOperations=[change])
    (version,) = client.get_documentation_versions(**api)["items"]
    assert (version["version"], version["description"]) == ("1", "the first")
    client.delete_documentation_version(**named)
    with pytest.raises(ClientError, match="NotFoundException"):
        client.get_documentation_version(**named)


def test_documentation_comes_with_a_document(world: World) -> None:
    client: Any = world.cloud.session().client("apigateway")
    document = {
        "swagger": "2.0",
        "info": {"title": "rides"},
        "paths": {},
        EXTENSION: {"documentationParts": [{"location": PLACE, "properties": {"a": 1}}]},
    }
    api = client.import_rest_api(body=json.dumps(document))["id"]
    (part,) = client.get_documentation_parts(restApiId=api)["items"]
    assert json.loads(part["properties"]) == {"a": 1}
    again = {EXTENSION: {"documentationParts": [{"location": PLACE, "properties": {"b": 2}}]}}
    told = client.import_documentation_parts(
        restApiId=api, mode="merge", body=json.dumps(again).encode()
    )
    assert told["ids"] == [part["id"]]
    (part,) = client.get_documentation_parts(restApiId=api)["items"]
    assert json.loads(part["properties"]) == {"b": 2}
