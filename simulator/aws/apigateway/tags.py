"""Tags of REST APIs and of what belongs to them; moto knows those of stages only.

Source: Amazon API Gateway REST API Reference, "TagResource"; Developer Guide, "API Gateway
resources that can be tagged".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.apigateway.exceptions import NotFoundException
from moto.apigateway.responses import APIGatewayResponse


class Tagging(APIGatewayResponse):
    """The three calls about tags."""

    def get_tags(self) -> str:
        """GetTags."""
        return json.dumps({"tags": self._tagged().tags or {}})

    def tag_resource(self) -> str:
        """TagResource."""
        found = self._tagged()
        found.tags = {**(found.tags or {}), **(self._get_param("tags") or {})}
        return json.dumps({})

    def untag_resource(self) -> str:
        """UntagResource."""
        found, gone = self._tagged(), self.querystring.get("tagKeys") or []
        found.tags = {key: value for key, value in (found.tags or {}).items() if key not in gone}
        return json.dumps({})

    def _tagged(self) -> Any:
        """The resource that the request's ARN names. Raises NotFoundException."""
        backend = self.backend
        match unquote(self.path.split("/tags/")[1]).partition("::")[2].strip("/").split("/"):
            case ["restapis", api_id]:
                return backend.get_rest_api(api_id)
            case ["restapis", api_id, "stages", stage]:
                return backend.get_stage(api_id, stage)
            case ["apikeys", key_id]:
                return backend.get_api_key(key_id)
            case ["usageplans", plan_id]:
                return backend.get_usage_plan(plan_id)
            case ["domainnames", name]:
                return backend.get_domain_name(name)
            case ["vpclinks", link_id]:
                return backend.get_vpc_link(link_id)
        raise NotFoundException("Invalid resource identifier specified")
