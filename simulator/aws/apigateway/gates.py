"""Who may call an HTTP or WebSocket API's route: IAM, JWT and Lambda authorisers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.aws.apigateway import parameters, proxy
from simulator.aws.apigateway.answers import Refused
from simulator.aws.apigateway.authorise import is_stranger, sign
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.jwts import BadToken, Tokens, as_told, scopes_of
from simulator.aws.apigateway.kept import Kept
from simulator.aws.apigateway.lambdas import Lambdas, NotInvoked
from simulator.aws.apigateway.policies import verdict

if TYPE_CHECKING:
    from simulator.world import World

_TIMEOUT_S = 10.0  # "Control access to HTTP APIs with AWS Lambda authorizers"


class Gates:
    """Decides who may call; what Lambda authorisers answered is kept in virtual time."""

    def __init__(self, world: World, lambdas: Lambdas, tokens: Tokens) -> None:
        self._world = world
        self._lambdas = lambdas
        self._tokens = tokens
        self.kept: Kept[dict[str, Any]] = Kept(world)

    def check(self, exchange: Exchange, deployed: Any, route: Any) -> None:
        """Let a call pass, noting who it is of, or raise Refused."""
        kind = str(route.authorization_type or "NONE").upper()
        if kind == "NONE":
            return
        if kind == "AWS_IAM":
            try:
                sign(exchange)
            except Refused as refused:
                raise _forbidden(refused.why) from refused
            if is_stranger(exchange):
                raise _forbidden("another account may not call: HTTP APIs have no resource policy")
            who = exchange.identity
            exchange.authorizer = {
                "iam": {
                    "accessKey": who["accessKey"],
                    "accountId": who["accountId"],
                    "callerId": who["caller"],
                    "cognitoIdentity": None,
                    "principalOrgId": None,
                    "userArn": who["userArn"],
                    "userId": who["user"],
                }
            }
            return
        authorizer = deployed.authorizers.get(route.authorizer_id)
        if authorizer is None:
            raise _broken(f"there is no authorizer {route.authorizer_id!r}")
        if kind == "JWT":
            self._jwt(exchange, authorizer, route)
        elif kind == "CUSTOM":
            self._custom(exchange, authorizer)
        else:
            raise _broken(f"the authorization type {kind} is unknown")

    def _jwt(self, exchange: Exchange, authorizer: Any, route: Any) -> None:
        settings = authorizer.jwt_config or {}
        source = _sources(authorizer.identity_source) or ["$request.header.Authorization"]
        given = parameters.value_of(source[0], exchange) or ""
        token = given.removeprefix("Bearer ").removeprefix("bearer ").strip()
        if not token:
            raise _unauthorized("no token was sent", {"www-authenticate": "Bearer"})
        audiences = settings.get("audience") or settings.get("Audience") or ()
        issuer = str(settings.get("issuer") or settings.get("Issuer") or "")
        try:
            claims = self._tokens.claims(token, issuer, audiences)
        except BadToken as error:
            told = f'Bearer scope="" error="invalid_token" error_description="{error}"'
            raise _unauthorized(str(error), {"www-authenticate": told}) from error
        wanted, has = list(route.authorization_scopes or ()), scopes_of(claims)
        if wanted and not set(wanted) & set(has):
            told = f'Bearer scope="{" ".join(wanted)}" error="insufficient_scope"'
            raise _forbidden("the token has none of the scopes", {"www-authenticate": told})
        exchange.claims = as_told(claims)
        exchange.scopes = [each for each in wanted if each in has] or None

    def _custom(self, exchange: Exchange, authorizer: Any) -> None:
        sources = _sources(authorizer.identity_source)
        values = [parameters.value_of(each, exchange) for each in sources]
        if any(not value for value in values):
            raise _unauthorized("an identity source is missing")
        ttl_s = int(authorizer.auth_result_ttl or 0)
        key = (exchange.api.id, exchange.stage_name, authorizer.id, *values)
        answer = self.kept.get(key) if ttl_s and values else None
        if answer is None:
            answer = self._asked(exchange, authorizer, values)
            if ttl_s and values:
                self.kept.put(key, answer, ttl_s)
        self._obey(exchange, authorizer, answer)

    def _asked(self, exchange: Exchange, authorizer: Any, values: list[Any]) -> dict[str, Any]:
        stem = exchange.stage_arn.rpartition("/")[0]
        try:
            invoked = self._lambdas.invoke(
                str(authorizer.authorizer_uri),
                exchange.api,
                (f"{stem}/authorizers/{authorizer.id}",),
                json.dumps(_event(exchange, authorizer, values)).encode(),
                timeout_s=_TIMEOUT_S,
                role=authorizer.auth_creds_arn,
            )
        except NotInvoked as error:
            raise _broken(str(error)) from error
        told = invoked.payload.decode(errors="replace")
        if invoked.failed:
            if '"errorMessage": "Unauthorized"' in told or '"errorMessage":"Unauthorized"' in told:
                raise _unauthorized("the authorizer says so")
            raise _broken(f"the authorizer failed: {told}")
        try:
            answer = json.loads(invoked.payload)
        except ValueError as error:
            raise _broken(f"the authorizer answers no JSON: {told}") from error
        if not isinstance(answer, dict):
            raise _broken(f"the authorizer answers no object: {told}")
        return answer

    @staticmethod
    def _obey(exchange: Exchange, authorizer: Any, answer: dict[str, Any]) -> None:
        context = answer.get("context") or {}
        if authorizer.enable_simple_response:
            if not isinstance(answer.get("isAuthorized"), bool):
                raise _broken("the authorizer's answer has no isAuthorized")
            if not answer["isAuthorized"]:
                raise _forbidden("the authorizer says no")
            exchange.authorizer = context
            return
        try:
            facts = {"aws:SourceIp": exchange.asked.source_ip}
            said = verdict(answer["policyDocument"], exchange.arn, facts)
        except (ValueError, KeyError) as error:
            raise _broken(f"the authorizer's policy cannot be read: {error}") from error
        if said != "allow":
            raise _forbidden("the authorizer's policy")
        principal = {"principalId": answer.get("principalId", "")}
        exchange.authorizer = {**context, **principal}


def _event(exchange: Exchange, authorizer: Any, values: list[Any]) -> dict[str, Any]:
    """What a Lambda authoriser is asked, in its payload format."""
    if exchange.api.kind == "WEBSOCKET" or str(
        authorizer.auth_payload_format_version or "2.0"
    ).startswith("1"):
        event = proxy.event_1_0(exchange)
        dropped = ("body", "isBase64Encoded", "version")
        told = {key: value for key, value in event.items() if key not in dropped}
        arn = {"methodArn": exchange.arn}
        identity = {"identitySource": ",".join(values), "authorizationToken": ",".join(values)}
        return {"version": "1.0", "type": "REQUEST", **arn, **identity, **told}
    event = proxy.event_2_0(exchange)
    told = {key: value for key, value in event.items() if key not in ("body", "isBase64Encoded")}
    return {
        **told,
        "type": "REQUEST",
        "routeArn": exchange.arn,
        "identitySource": values,
    }


def _sources(told: Any) -> list[str]:
    """Identity sources; WebSocket APIs write `route.request.header.X` for `$request.header.X`."""
    parts = told if isinstance(told, list) else str(told or "").split(",")
    named = [str(each).strip() for each in parts if str(each).strip()]
    return [
        f"${each.removeprefix('route.')}"
        if each.startswith(("route.", "context.", "stage"))
        else each
        for each in named
    ]


def _unauthorized(why: str, headers: dict[str, str] | None = None) -> Refused:
    return Refused("UNAUTHORIZED", "Unauthorized", why=why, headers=headers)


def _forbidden(why: str, headers: dict[str, str] | None = None) -> Refused:
    return Refused(
        "ACCESS_DENIED", "Forbidden", why=why, headers=headers, error_type="ForbiddenException"
    )


def _broken(why: str) -> Refused:
    return Refused("AUTHORIZER_CONFIGURATION_ERROR", "Internal Server Error", why=why)
