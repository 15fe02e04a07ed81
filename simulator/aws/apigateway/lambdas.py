"""Invoking functions for APIs: the right to, the wait for at most so long, and how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from moto.awslambda.models import lambda_backends

from simulator.aws.apigateway.doors import Api
from simulator.aws.apigateway.outbound import authorization
from simulator.aws.calls import outcome
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import wait_until

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World

_SERVICE = "apigateway.amazonaws.com"
_IN_URI = re.compile(r"(arn:[^/]+:lambda:[^/]+:function:[^/]+)(?:/invocations)?$")


@dataclass(frozen=True, slots=True)
class Invoked:
    """What a function answered; `failed` where it is an error."""

    payload: bytes
    failed: bool
    request_id: str = ""


class NotInvoked(Exception):
    """No answer came: `kind` is permission, absent, throttled, timeout or uri."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class Lambdas:
    """The functions of a world, as API Gateway reaches them."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._cloud = cloud

    def invoke(
        self,
        uri: str,
        api: Api,
        sources: Iterable[str],
        payload: bytes,
        *,
        timeout_s: float,
        role: str | None = None,
        later: bool = False,
    ) -> Invoked:
        """Run the function that an integration's or authoriser's URI names; raises NotInvoked.

        The function must allow API Gateway to invoke it for one of `sources` (ARNs of the method
        that was called), unless a role is named that does. With `later` nobody waits for it.
        """
        arn = function_arn(uri)
        if arn is None:
            raise NotInvoked("uri", f"no function can be told from the URI {uri!r}")
        if role is None:
            self._check(arn, tuple(sources), api.account)
        call = self._world.spawn(
            self._call, arn, payload, later, name=f"{api.id} invokes {arn}", daemon=True
        )
        call.context = {"actor": f"apigateway:{api.id}", "account": api.account}
        call.defuse()
        if not wait_until(call.done, timeout_s):
            raise NotInvoked("timeout", f"{arn} did not answer within {timeout_s:g} s")
        return self._read(arn, cast("HttpResponse", call.done.value))

    def _call(self, arn: str, payload: bytes, later: bool) -> HttpResponse:
        """Lambda's own API, without a client: that would be most of what a call costs."""
        _, _, _, region, account, *_ = arn.split(":")
        host = f"lambda.{region}.amazonaws.com"
        request = HttpRequest(
            "POST",
            f"https://{host}/2015-03-31/functions/{quote(arn, safe='')}/invocations",
            {
                "Host": host,
                "Content-Type": "application/json",
                "X-Amz-Invocation-Type": "Event" if later else "RequestResponse",
                "Authorization": authorization(account, region, "lambda"),
            },
            payload,
        )
        return self._cloud.gateway.handle(request)

    @staticmethod
    def _read(arn: str, response: HttpResponse) -> Invoked:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if response.status < 400:
            request_id = headers.get("x-amzn-requestid", "")
            return Invoked(response.body, "x-amz-function-error" in headers, request_id)
        told = outcome(response)
        code = str(told.get("error", ""))
        kind = "absent" if "NotFound" in code else "throttled" if "TooMany" in code else "failed"
        raise NotInvoked(kind, f"{arn}: {code}: {told.get('message', '')}")

    @staticmethod
    def _check(arn: str, sources: tuple[str, ...], account: str) -> None:
        _, _, _, region, owner, _, name, *qualifier = arn.split(":")
        try:
            backend = lambda_backends[owner][region]
            found = backend.get_function(name, *qualifier)
        except Exception as error:  # moto has several for one that is not there
            raise NotInvoked("absent", f"there is no function {arn}") from error
        policy_of = getattr(found, "policy_of", None)
        policy = policy_of(qualifier[0] if qualifier else None) if policy_of else found.policy
        statements = policy.statements
        if not any(_allows(each, arn, sources, account) for each in statements):
            raise NotInvoked(
                "permission",
                f"{arn} has no permission for {_SERVICE} to invoke it for {sources[0]}: "
                "add one with `aws lambda add-permission`",
            )


def function_arn(uri: str) -> str | None:
    """The ARN of the function in a URI, or None."""
    found = _IN_URI.search(uri)
    return found[1] if found else None


def _allows(statement: Mapping[str, Any], arn: str, sources: tuple[str, ...], account: str) -> bool:
    if statement.get("Effect", "Allow") != "Allow":
        return False
    if not any(
        fnmatchcase("lambda:invokefunction", str(action).lower())
        for action in _listed(statement.get("Action"))
    ):
        return False
    principal = statement.get("Principal")
    named = principal.get("Service") if isinstance(principal, Mapping) else principal
    if not any(each in ("*", _SERVICE) for each in _listed(named)):
        return False
    if not any(_covers(str(each), arn) for each in _listed(statement.get("Resource", arn))):
        return False
    return _holds(statement.get("Condition") or {}, sources, account)


def _covers(resource: str, arn: str) -> bool:
    """Whether a permission's resource is the function that is named, version or alias included."""
    stem, qualifier = ":".join(arn.split(":")[:7]), arn.split(":")[7:]
    if qualifier:
        return resource.startswith(f"{stem}:") and resource.endswith(f":{qualifier[0]}")
    return fnmatchcase(arn, resource) or resource == f"{arn}:$LATEST"


def _holds(conditions: Mapping[str, Any], sources: tuple[str, ...], account: str) -> bool:
    for tests in conditions.values():
        for key, wanted in tests.items():
            if key.lower() == "aws:sourcearn":
                patterns = [_pattern(str(each)) for each in _listed(wanted)]
                if not any(p.fullmatch(source) for p in patterns for source in sources):
                    return False
            elif key.lower() == "aws:sourceaccount" and account not in _listed(wanted):
                return False
    return True


def _pattern(text: str) -> re.Pattern[str]:
    """An ARN with * and ?: fnmatch would read brackets as well."""
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
