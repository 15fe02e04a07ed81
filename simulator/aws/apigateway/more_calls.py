"""Calls of API Gateway's first generation around domains, authorizers and usage."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.responses import APIGatewayResponse
from moto.core.responses import TYPE_RESPONSE

from simulator.aws.apigateway import patches
from simulator.aws.apigateway.asked import Asked
from simulator.aws.apigateway.doors import Api
from simulator.aws.apigateway.front import Front


class MoreCalls(APIGatewayResponse):
    """moto's, and what it lacks here."""

    front: ClassVar[Front]

    def create_domain_name(self) -> TYPE_RESPONSE:
        """As moto, and mutual TLS is kept: nobody may call such a domain without a certificate."""
        answer = super().create_domain_name()
        mutual = self._get_param("mutualTlsAuthentication")
        domain: Any = self.backend.domain_names[self._get_param("domainName")]
        domain.mutual_tls_authentication = mutual
        told = {**domain.to_json(), **({"mutualTlsAuthentication": mutual} if mutual else {})}
        return answer[0], answer[1], json.dumps(told)

    def update_domain_name(self) -> TYPE_RESPONSE:
        """Change a domain's certificate or security policy."""
        domain = self.backend.get_domain_name(unquote(self.path.split("/")[2]))
        patches.patch(domain, self._get_param("patchOperations") or (), patches.DOMAIN_NAME)
        return 200, {}, json.dumps(domain.to_json())

    def test_invoke_authorizer(self) -> TYPE_RESPONSE:
        """Ask an authorizer of a request that is made up."""
        parts = self.path.split("/")
        state = self.backend.get_rest_api(parts[2])
        authorizer = self.backend.get_authorizer(parts[2], parts[4])
        api = Api("REST", parts[2], self.current_account, self.region, state)
        variables = dict(self._get_param("stageVariables") or {})
        told = self.front.test_authorizer(api, authorizer, self.made_up("GET"), variables)
        return 200, {}, json.dumps(told)

    def made_up(self, method: str, path: str = "/") -> Asked:
        """The request that a test is to be of."""
        url = urlsplit(str(self._get_param("pathWithQueryString") or path))
        headers = self._get_param("headers") or {}
        several = self._get_param("multiValueHeaders") or {}
        lines = [(n, v) for n, values in several.items() for v in values]
        lines += [(n, v) for n, v in headers.items() if n not in several]
        return Asked(
            method=method,
            raw_path=url.path or "/",
            raw_query=url.query,
            headers=tuple(lines),
            body=(self._get_param("body") or "").encode(),
            host="testPrefix.testDomainName",
            source_ip="test-invoke-source-ip",
            query=tuple(parse_qsl(url.query, keep_blank_values=True)),
        )

    def update_usage(self) -> TYPE_RESPONSE:
        """Give a key more, or less, of its plan's quota for the period that is running."""
        parts = self.path.split("/")
        plan = self.backend.get_usage_plan(parts[2])
        self.backend.get_usage_plan_key(parts[2], parts[4])
        if not (plan.quota or {}).get("limit"):
            raise BadRequestException("Usage plan has no quota")
        plans = self.front.plans
        day = plans.today.isoformat()
        for operation in self._get_param("patchOperations") or ():
            value = str(operation.get("value"))
            if operation.get("path") != "/remaining" or operation.get("op") != "replace":
                raise BadRequestException(f"Invalid patch path {operation.get('path')}")
            if not value.isdigit():
                raise BadRequestException("Remaining quota must be a number")
            plans.leave(plan, parts[4], int(value))
        left, used = plans.left(plan, parts[4]), plans.used[plan.id, parts[4], day]
        told = {"usagePlanId": plan.id, "startDate": day, "endDate": day}
        return 200, {}, json.dumps({**told, "values": {parts[4]: [[used, left]]}})

    def get_usage(self) -> TYPE_RESPONSE:
        """What the keys of a plan used and had left, day by day."""
        plan = self.backend.get_usage_plan(self.path.split("/")[2])
        begin, end = str(self._get_param("startDate")), str(self._get_param("endDate"))
        limit = (plan.quota or {}).get("limit")
        wanted = self._get_param("keyId")
        items: dict[str, list[list[int]]] = {}
        for (plan_id, key, day), count in sorted(self.front.plans.used.items()):
            if plan_id == plan.id and begin <= day <= end and wanted in (None, key):
                left = max(0, int(limit) - count) if limit is not None else 0
                items.setdefault(key, []).append([count, left])
        told = {"usagePlanId": plan.id, "startDate": begin, "endDate": end, "values": items}
        return 200, {}, json.dumps(told)
