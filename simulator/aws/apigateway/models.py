"""moto's REST APIs, with what they lack: deployments that keep what was deployed."""

from __future__ import annotations

import re
from typing import Any

from moto.apigateway import models as rest_models
from moto.utilities.utils import get_partition

from simulator.aws.apigateway.deployed import picture
from simulator.aws.apigateway.written import Documentation


class RestAPI(rest_models.RestAPI):
    """A REST API: a deployment is a picture of it, and a stage shows one deployment."""

    def __init__(self, *given: Any, **told: Any) -> None:
        super().__init__(*given, **told)
        self.documentation = Documentation()

    def create_deployment(
        self, name: str, description: str, stage_variables: Any = None
    ) -> rest_models.Deployment:
        """Deploy; a stage that is there already keeps its settings and gets the deployment."""
        before = self.stages.get(name) if name else None
        deployment = super().create_deployment(name, description, stage_variables)
        deployment.picture = picture(self)  # type: ignore[attr-defined]
        if before is not None:
            before.deployment_id = deployment.id
            before.variables = {**before.variables, **(stage_variables or {})}
            self.stages[name] = before
        return deployment

    def apply_patch_operations(self, patch_operations: list[dict[str, Any]]) -> None:
        """As moto, and AWS's way to name a binary media type: in the path."""
        stem, rest = "/binaryMediaTypes/", []
        for operation in patch_operations:
            path = str(operation["path"])
            if path == "/disableExecuteApiEndpoint":  # moto takes "false" for true
                self.disableExecuteApiEndpoint = str(operation["value"]).lower() == "true"
                continue
            if path == "/minimumCompressionSize":  # moto drops it; without a value it is turned off
                size = operation.get("value")
                self.minimum_compression_size = int(size) if size not in (None, "") else None
                continue
            if not path.startswith(stem):
                rest.append(operation)
                continue
            kind = path.removeprefix(stem).replace("~1", "/").replace("~0", "~")
            kinds = [each for each in self.binaryMediaTypes if each != kind]
            if operation["op"] == "replace":
                kinds.append(str(operation["value"]))
            elif operation["op"] == "add":
                kinds.append(kind)
            self.binaryMediaTypes = kinds
        super().apply_patch_operations(rest)

    def update_integration_mocks(self, stage_name: str) -> None:
        """moto would listen for calls inside the requests library; ours come over the endpoint."""


plain_put_integration: Any = rest_models.APIGatewayBackend.put_integration


def put_integration(self: Any, *given: Any, credentials: str | None = None, **told: Any) -> Any:
    """moto's, which takes the caller's own credentials, `arn:aws:iam::*:user/*`, for a stranger's.

    Source: API Gateway API Reference, "Integration", credentials.
    """
    if not re.fullmatch(r"arn:[^:]+:iam::\*:user/\*", credentials or ""):
        return plain_put_integration(self, *given, credentials=credentials, **told)
    # A role of the account passes moto's checks in their place.
    role = f"arn:{get_partition(self.region_name)}:iam::{self.account_id}:role/caller"
    integration = plain_put_integration(self, *given, credentials=role, **told)
    integration.credentials = credentials
    return integration


class Authorizer(rest_models.Authorizer):
    """An authorizer of a REST API."""

    def __init__(
        self, authorizer_id: str | None, name: str | None, authorizer_type: str | None, **told: Any
    ) -> None:
        misspelt = told.pop("identiy_validation_expression", None)  # so moto passes it
        told.setdefault("identity_validation_expression", misspelt)
        super().__init__(authorizer_id, name, authorizer_type, **told)
