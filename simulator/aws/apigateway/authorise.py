"""Who may call a REST API: IAM, Lambda authorisers and user pools, and the API's own policy."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from moto.iam.models import get_account_id_from, iam_backends

from simulator.aws.apigateway import mapping, proxy
from simulator.aws.apigateway.answers import Refused
from simulator.aws.apigateway.asked import all_of, last_of
from simulator.aws.apigateway.deployed import Deployed
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.integrate import TIMEOUT_S, with_variables
from simulator.aws.apigateway.jwts import BadToken, Tokens, scopes_of
from simulator.aws.apigateway.kept import Kept
from simulator.aws.apigateway.lambdas import Lambdas, NotInvoked
from simulator.aws.apigateway.policies import verdict

if TYPE_CHECKING:
    from simulator.world import World

DEFAULT_TTL_S = 300
"""How long a REST API keeps a Lambda authoriser's answer, unless it says otherwise."""

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_UNAUTHORIZED = "Unauthorized"


class Authorisers:
    """Decides who may call; what Lambda authorisers answered is kept in virtual time."""

    def __init__(self, world: World, lambdas: Lambdas, tokens: Tokens) -> None:
        self._world = world
        self._lambdas = lambdas
        self._tokens = tokens
        self.kept: Kept[dict[str, Any]] = Kept(world)

    def check(self, exchange: Exchange, deployed: Deployed, method: Any) -> None:
        """Let a call pass, noting who it is of, or raise Refused."""
        kind = str(method.authorization_type or "NONE").upper()
        if kind == "AWS_IAM":
            sign(exchange)
        if deployed.policy:
            self._own_policy(exchange, deployed.policy, signed=kind == "AWS_IAM")
        elif kind == "AWS_IAM" and is_stranger(exchange):
            raise _not_authorized(exchange, "none", "another account needs a resource policy")
        if kind in ("NONE", "AWS_IAM"):
            return
        authorizer = deployed.authorizers.get(method.authorizer_id)
        if authorizer is None:
            raise _broken(f"there is no authorizer {method.authorizer_id!r}")
        if kind == "COGNITO_USER_POOLS":
            self._user_pool(exchange, authorizer, method.authorization_scopes or ())
        elif kind == "CUSTOM":
            self._custom(exchange, authorizer)
        else:
            raise _broken(f"the authorization type {kind} is unknown")

    def test(self, exchange: Exchange, authorizer: Any) -> tuple[dict[str, Any], int, str]:
        """What an authorizer says of a call: principal, policy and more; the status; why not."""
        told: dict[str, Any] = {}
        try:
            if str(authorizer.type).upper() == "COGNITO_USER_POOLS":
                self._user_pool(exchange, authorizer, ())
                return {"claims": (exchange.authorizer or {}).get("claims")}, 200, ""
            answer = self._answer(exchange, authorizer)
            policy = answer["policyDocument"]
            told = {
                "principalId": str(answer["principalId"]),
                "policy": policy if isinstance(policy, str) else json.dumps(policy),
                "authorization": {},
            }
            return told, 200, ""
        except Refused as refused:
            return told, refused.status, refused.why or str(refused)

    @staticmethod
    def _own_policy(exchange: Exchange, policy: str, signed: bool) -> None:
        facts = {"aws:SourceIp": exchange.asked.source_ip}
        try:
            said = verdict(policy, exchange.arn, facts, principals(exchange) if signed else ())
        except ValueError as error:
            raise _broken(f"the API's resource policy cannot be read: {error}") from error
        if said == "allow" or (said == "none" and signed and not is_stranger(exchange)):
            return
        raise _not_authorized(exchange, said, "the API's resource policy")

    def _user_pool(self, exchange: Exchange, authorizer: Any, wanted: Collection[str]) -> None:
        source = str(authorizer.identity_source or "method.request.header.Authorization")
        given = mapping.from_request(source, exchange) or ""
        token = given.removeprefix("Bearer ").strip()
        if not token:
            raise Refused("UNAUTHORIZED", _UNAUTHORIZED, why="no token was sent")
        why = "no user pool is named"
        for arn in authorizer.provider_arns or ():
            region, pool = arn.split(":")[3], arn.rpartition("/")[2]
            try:
                issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
                claims = self._tokens.claims(token, issuer)
            except BadToken as error:
                why = str(error)
                continue
            if wanted and not set(wanted) & set(scopes_of(claims)):
                why = "the token has none of the scopes that are wanted"
                continue
            told = {name: value if isinstance(value, str) else str(value)
                    for name, value in claims.items()}  # fmt: skip
            exchange.authorizer = {"claims": told}
            return
        expired = "expired" in why
        kind, message = ("EXPIRED_TOKEN", "The incoming token has expired")
        if expired:
            raise Refused(kind, message, status=401, why=why, error_type="UnauthorizedException")
        raise Refused("UNAUTHORIZED", _UNAUTHORIZED, why=why)

    def _custom(self, exchange: Exchange, authorizer: Any) -> None:
        began_s = self._world.now_s
        answer = self._answer(exchange, authorizer)
        self._obey(exchange, answer, self._world.now_s - began_s)

    def _answer(self, exchange: Exchange, authorizer: Any) -> dict[str, Any]:
        """What a Lambda authoriser says, now or before. Raises Refused."""
        is_token = str(authorizer.type or "TOKEN").upper() == "TOKEN"
        sources = [each.strip() for each in str(authorizer.identity_source or "").split(",")]
        values = [mapping.from_request(each, exchange) for each in sources if each]
        if any(not value for value in values) or (is_token and not values):
            raise Refused("UNAUTHORIZED", _UNAUTHORIZED, why="an identity source is missing")
        expression = authorizer.identity_validation_expression
        if is_token and expression and not re.fullmatch(expression, values[0] or ""):
            raise Refused("UNAUTHORIZED", _UNAUTHORIZED, why="the token is not of the form wanted")
        ttl = authorizer.authorizer_result_ttl
        ttl_s = DEFAULT_TTL_S if ttl is None else int(ttl)
        key = (exchange.api.id, exchange.stage_name, authorizer.id, *values)
        kept = self.kept.get(key) if ttl_s and values else None
        if kept is not None:
            return kept
        event = _token_event(exchange, values) if is_token else _request_event(exchange)
        answer = self._asked(exchange, authorizer, event)
        if ttl_s and values:
            self.kept.put(key, answer, ttl_s)
        return answer

    def _asked(self, exchange: Exchange, authorizer: Any, event: dict[str, Any]) -> dict[str, Any]:
        """What a Lambda authoriser answers to an event."""
        source = f"{exchange.stage_arn.rpartition('/')[0]}/authorizers/{authorizer.id}"
        try:
            invoked = self._lambdas.invoke(
                with_variables(str(authorizer.authorizer_uri or ""), exchange),
                exchange.api,
                (source,),
                json.dumps(event, separators=(",", ":")).encode(),
                timeout_s=TIMEOUT_S,
                role=authorizer.authorizer_credentials,
            )
        except NotInvoked as error:
            raise _broken(str(error)) from error
        told = invoked.payload.decode(errors="replace")
        if invoked.failed:
            try:
                message = json.loads(invoked.payload).get("errorMessage")
            except (ValueError, AttributeError):
                message = None
            if message == _UNAUTHORIZED:
                raise Refused("UNAUTHORIZED", _UNAUTHORIZED, why="the authorizer says so")
            raise _broken(f"the authorizer failed: {told}")
        try:
            answer = json.loads(invoked.payload)
            answer["policyDocument"], answer["principalId"]
        except (ValueError, TypeError, KeyError) as error:
            raise _broken(f"the authorizer answers no policy: {told}") from error
        checked: dict[str, Any] = answer
        return checked

    @staticmethod
    def _obey(exchange: Exchange, answer: dict[str, Any], took_s: float) -> None:
        facts = {"aws:SourceIp": exchange.asked.source_ip}
        try:
            said = verdict(answer["policyDocument"], exchange.arn, facts)
        except ValueError as error:
            raise _broken(f"the authorizer's policy cannot be read: {error}") from error
        context = answer.get("context") or {}
        if not isinstance(context, dict) or any(
            isinstance(value, (dict, list)) for value in context.values()
        ):
            raise _broken("the authorizer's context holds more than texts, numbers and booleans")
        exchange.authorizer = {
            **{name: _as_text(value) for name, value in context.items() if value is not None},
            "principalId": str(answer["principalId"]),
            "integrationLatency": round(took_s * 1000),
        }
        exchange.usage_key = answer.get("usageIdentifierKey")
        if said != "allow":
            told = "User is not authorized to access this resource"
            if said == "deny":
                told += " with an explicit deny"
            raise Refused("ACCESS_DENIED", told, member="Message", why="the authorizer's policy")


def _not_authorized(exchange: Exchange, said: str, why: str) -> Refused:
    hidden = re.sub(r":\d{8}(\d{4}):", r":********\1:", exchange.arn)
    told = (
        f"User: {exchange.identity.get('userArn') or 'anonymous'} is not authorized to "
        f"perform: execute-api:Invoke on resource: {hidden}"
    )
    if said == "deny":
        told += " with an explicit deny"
    return Refused("ACCESS_DENIED", told, member="Message", why=why)


def is_stranger(exchange: Exchange) -> bool:
    """Whether who signed a call is of another account than the API."""
    return exchange.identity.get("accountId") != exchange.api.account


def principals(exchange: Exchange) -> tuple[str, ...]:
    """The names by which a policy's Principal may mean who signed a call."""
    account, arn = exchange.identity["accountId"], str(exchange.identity["userArn"])
    names = (account, f"arn:aws:iam::{account}:root", arn)
    if ":assumed-role/" in arn:
        role = arn.rpartition(":")[2].split("/")[1]
        return (*names, f"arn:aws:iam::{account}:role/{role}")
    return names


def sign(exchange: Exchange, kind: str = "MISSING_AUTHENTICATION_TOKEN") -> None:
    """Note who signed a call; raise Refused where nobody did. Signatures are read, not checked."""
    from moto.sts.models import sts_backends

    header = exchange.asked.header("authorization") or ""
    found = _CREDENTIAL.search(header) if header.startswith("AWS4-HMAC-SHA256") else None
    key = found[1] if found else (exchange.asked.queried("X-Amz-Credential") or "").split("/")[0]
    if not key:
        raise Refused(kind, "Missing Authentication Token", why="the call is not signed")
    account = key if re.fullmatch(r"\d{12}", key) else get_account_id_from(key)
    arn, user = f"arn:aws:iam::{account}:root", account
    for iam in list(iam_backends.get(account, {}).values()):
        if (owner := iam.get_user_from_access_key_id(key)) is not None:
            arn, user = owner.arn, owner.id
    for regions in sts_backends.values():
        for backend in regions.values():
            role = backend.get_assumed_role_from_access_key(key)
            if role is not None:
                arn, user = role.arn, role.user_id
                account = arn.split(":")[4]
    exchange.identity |= {
        "accessKey": key,
        "accountId": account,
        "caller": user,
        "user": user,
        "userArn": arn,
    }


def _token_event(exchange: Exchange, values: list[str | None]) -> dict[str, Any]:
    return {
        "type": "TOKEN",
        "methodArn": exchange.arn,
        "authorizationToken": values[0],
    }


def _request_event(exchange: Exchange) -> dict[str, Any]:
    asked, headers = exchange.asked, proxy.forwarded(exchange)
    return {
        "type": "REQUEST",
        "methodArn": exchange.arn,
        "resource": exchange.resource_path,
        "path": f"{exchange.base}{exchange.path}",
        "httpMethod": asked.method,
        "headers": last_of(headers),
        "multiValueHeaders": all_of(headers),
        "queryStringParameters": last_of(asked.query),
        "multiValueQueryStringParameters": all_of(asked.query),
        "pathParameters": exchange.path_parameters,
        "stageVariables": exchange.variables,
        "requestContext": exchange.rest_context(),
    }


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _broken(why: str) -> Refused:
    """An authoriser that cannot be asked, or answers nonsense: AWS tells the caller nothing."""
    return Refused("AUTHORIZER_CONFIGURATION_ERROR", None, why=why)
