"""Request validation of REST APIs: parameters that must be there, bodies that must fit a model."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.apigateway.answers import Refused
from simulator.aws.apigateway.deployed import Deployed
from simulator.aws.apigateway.exchange import Exchange

_DEFAULT_TYPE = "application/json"


def check(exchange: Exchange, deployed: Deployed, method: Any) -> None:
    """Hold a call against its method's validator. Raises Refused."""
    validator = deployed.validators.get(method.request_validator_id)
    if validator is None:
        return
    if validator.validate_request_parameters:
        _parameters(exchange, method)
    if validator.validate_request_body:
        _body(exchange, deployed, method)


def _parameters(exchange: Exchange, method: Any) -> None:
    asked = exchange.asked
    missing = []
    for name, required in (method.request_parameters or {}).items():
        _, _, place, parameter = name.split(".", 3)
        if str(required).lower() != "true":
            continue
        if place == "querystring":
            found = asked.queried(parameter)
        elif place == "header":
            found = asked.header(parameter)
        else:
            found = exchange.path_parameters.get(parameter)
        if not found:
            missing.append(parameter)
    if missing:
        told = f"Missing required request parameters: [{', '.join(missing)}]"
        raise Refused("BAD_REQUEST_PARAMETERS", told)


def _body(exchange: Exchange, deployed: Deployed, method: Any) -> None:
    models = method.request_models or {}
    name = models.get(exchange.asked.content_type or _DEFAULT_TYPE) or models.get("$default")
    model = deployed.models.get(name) if name else None
    if model is None or not model.schema:
        return
    from jsonschema import Draft4Validator  # a tenth of a second
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.jsonschema import DRAFT4

    resources = []
    for each in deployed.models.values():
        try:
            schema = json.loads(each.schema) if each.schema else {}
        except ValueError:
            continue
        address = f"https://apigateway.amazonaws.com/restapis/{exchange.api.id}/models/{each.name}"
        resources.append((address, DRAFT4.create_resource(schema)))
    registry: Any = Registry().with_resources(resources)
    try:
        body = json.loads(exchange.asked.body or b"null")
        schema = json.loads(model.schema)
        found = [error.message for error in Draft4Validator(schema, registry=registry)
                 .iter_errors(body)]  # fmt: skip
    except SchemaError as error:
        found = [f"the model {name} is no schema: {error.message}"]
    except (ValueError, RecursionError):
        found = ["the body is no JSON, or nested too deeply"]
    if found:
        told = "; ".join(found)
        raise Refused("BAD_REQUEST_BODY", "Invalid request body", why=told, validation=f"[{told}]")
