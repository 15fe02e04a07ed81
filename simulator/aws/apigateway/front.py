"""The front of all APIs of a world: takes a request in, finds its API and stage, tells of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from simulator.aws.apigateway import asked, doors, logs
from simulator.aws.apigateway.answers import Answer, Refused, plain
from simulator.aws.apigateway.asked import Asked, all_of
from simulator.aws.apigateway.authorise import Authorisers
from simulator.aws.apigateway.backends import Backends
from simulator.aws.apigateway.caches import Caches
from simulator.aws.apigateway.deployed import match
from simulator.aws.apigateway.doors import Api, Door
from simulator.aws.apigateway.exchange import Exchange, new_ids
from simulator.aws.apigateway.frames import Closing, Frame, Opening
from simulator.aws.apigateway.gates import Gates
from simulator.aws.apigateway.headers import DROPPED
from simulator.aws.apigateway.httpapi import HttpApis
from simulator.aws.apigateway.integrate import Integrations, internal
from simulator.aws.apigateway.jwts import Tokens
from simulator.aws.apigateway.lambdas import Lambdas
from simulator.aws.apigateway.logs import Logs
from simulator.aws.apigateway.outbound import Outbound
from simulator.aws.apigateway.plans import Plans
from simulator.aws.apigateway.rest import RestApis
from simulator.aws.apigateway.sockets import WebSockets
from simulator.aws.apigateway.subtypes import Callers
from simulator.aws.apigateway.trace import Trace
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import sleep

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World

log = logging.getLogger(__name__)
_NAMESPACE = "AWS/ApiGateway"


class Front:
    """Every call of an API comes in here, served or in-process."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._cloud = cloud
        self._chance = world.streams["apigateway-ids"]
        self._logs = Logs(world)
        self.lambdas = Lambdas(world, cloud)
        self.plans = Plans(world)
        tokens = Tokens(cloud.network.send, lambda: world.clock.unix_s)
        outbound = Outbound(world, cloud)
        self.authorisers = Authorisers(world, self.lambdas, tokens)
        self.caches = Caches(world)
        integrations = Integrations(self.lambdas, outbound)
        self.rest = RestApis(integrations, self.authorisers, self.plans, self.caches)
        self.gates = Gates(world, self.lambdas, tokens)
        self.sockets = WebSockets(
            world, self.lambdas, Backends(integrations), self.gates, self.plans, self._logs
        )
        self.http = HttpApis(self.lambdas, outbound, self.gates, self.plans, Callers(world, cloud))

    def socket(self, request: HttpRequest) -> HttpResponse:
        """Take in what happens on a WebSocket."""
        if isinstance(request, Frame):
            self.sockets.message(request)
        elif isinstance(request, Closing):
            self.sockets.end(request)
        elif isinstance(request, Opening):
            door = doors.door(request)
            api = doors.find(door.api_id) if door is not None else None
            if door is None or api is None or api.kind != "WEBSOCKET":
                return plain(Refused("ACCESS_DENIED", "Forbidden")).as_http()
            return self.sockets.connect(self.exchange(api, door, request), request)
        return HttpResponse(200)

    def answer(self, door: Door, request: HttpRequest) -> HttpResponse:
        """The answer of the API that a request's address names."""
        api = doors.find(door.api_id)
        guarded = door.domain is not None and doors.wants_certificate(door.domain)
        if api is None or guarded or (api.closed and door.domain is None):
            why = f"there is no API {door.api_id!r}"
            if guarded:
                why = f"{door.domain} wants mutual TLS, and no client has a certificate here"
            elif not door.api_id:
                why = f"{door.domain} has no mapping for {door.path}"
            elif api is not None:
                why = f"the execute-api endpoint of {door.api_id!r} is disabled"
            told = Refused("WAF_FILTERED", "Forbidden", why=why)
            self._world.record(
                "apigateway.answered", api=door.api_id, status=told.status, error=told.why
            )
            answer = plain(told)
            answer.put("x-amzn-ErrorType", told.error_type)
            return self._sent(answer)
        exchange = self.exchange(api, door, request)
        began_s = self._world.now_s
        try:
            answer = self._met(exchange)
        except Exception as error:  # a stranger's bytes, a learner's definitions: all may be wrong
            why = f"the API failed inside Paddock: {type(error).__name__}: {error}"
            log.error(why)
            log.debug("%s", api.id, exc_info=error)
            exchange.refused = internal(why)
            answer = plain(exchange.refused)
        self.tell(exchange, answer, self._world.now_s - began_s)
        return self._sent(answer)

    def _sent(self, answer: Answer) -> HttpResponse:
        answer.default("Date", formatdate(self._world.clock.unix_s, usegmt=True))
        return answer.as_http()

    def _met(self, exchange: Exchange) -> Answer:
        """The answer, after what a call meets on its way: the traffic's latency, and faults."""
        delay_s = self._cloud.gateway.traffic.delay_s("execute-api", "Invoke")
        if delay_s:
            sleep(delay_s)
        api = exchange.api
        fault = self._world.faults.strike(
            service="execute-api",
            action="Invoke",
            account=api.account,
            region=api.region,
            resource=(api.id, str(api.state.name), exchange.stage_name, exchange.asked.path),
        )
        if fault is None:
            return self._answered(exchange)
        if fault.latency_s:
            sleep(fault.latency_s)
        answer = self._answered(exchange) if fault.error is None or fault.after else None
        if answer is not None and fault.error is None:
            return answer
        exchange.refused = Refused(
            "API_CONFIGURATION_ERROR",
            fault.message,
            status=fault.status,
            error_type=fault.error,
            why=f"the fault {fault.name}",
        )
        answer = plain(exchange.refused)
        answer.put("x-amzn-ErrorType", exchange.refused.error_type)
        return answer

    def _answered(self, exchange: Exchange) -> Answer:
        if exchange.api.kind == "REST":
            return self.rest.answer(exchange)
        if exchange.api.kind == "HTTP":
            return self.http.answer(exchange)
        exchange.refused = Refused("ACCESS_DENIED", "Forbidden", why="this is a WebSocket API")
        return plain(exchange.refused)

    def exchange(self, api: Api, door: Door, request: HttpRequest) -> Exchange:
        """A call of an API on its way in: its stage is found, if there is one."""
        stage_name, path, in_path = _stage(api, door)
        unix_s = self._world.clock.unix_s
        domain = door.domain or api.domain
        taken = asked.read(request, path, domain)
        if api.kind == "REST":
            kept = tuple(pair for pair in taken.headers if pair[0].lower() not in DROPPED)
            taken = replace(taken, headers=kept)
        exchange = Exchange(
            api,
            taken,
            new_ids(self._chance, unix_s),
            unix_s,
            lambda: self._world.now_s,
            stage_name=stage_name,
            stage=api.state.stages.get(stage_name),
            domain=domain,
            base=door.base,
            in_path=in_path,
        )
        if exchange.stage is not None:
            variables = getattr(
                exchange.stage, "variables" if api.kind == "REST" else "stage_variables"
            )
            exchange.variables = {name: str(value) for name, value in (variables or {}).items()}
            if api.kind == "REST":
                self._choose(exchange)
                exchange.trace = Trace() if logs.level(exchange.stage) == "INFO" else None
        return exchange

    def _choose(self, exchange: Exchange) -> None:
        """Take the stage's deployment, or by chance its canary's, with the canary's variables."""
        stage = exchange.stage
        exchange.deployment_id = stage.deployment_id
        if not stage.canary_settings:
            return
        share = float(stage.canary_settings["percentTraffic"])
        exchange.canary = self._world.streams["apigateway-canary"].random() * 100 < share
        if exchange.canary:
            exchange.deployment_id = stage.canary_settings["deploymentId"]
            exchange.variables |= stage.canary_settings.get("stageVariableOverrides") or {}

    def test(
        self, api: Api, resource: Any, method: Any, request: Asked, variables: dict[str, str]
    ) -> dict[str, Any]:
        """TestInvokeMethod's answer: what the method does, and a log of it."""
        exchange = self._trial(api, request, variables)
        exchange.resource_id, exchange.resource_path = resource.id, resource.get_path()
        fits = match(exchange.resource_path, request.raw_path)
        exchange.path_parameters = fits[1] if fits else {}
        began_s = self._world.now_s
        trace = exchange.trace = Trace()
        answer = self.rest.test(exchange, method)
        trace.ended(answer, exchange.refused.why if exchange.refused is not None else "")
        now = self._world.clock.instant.strftime("%a %b %d %H:%M:%S UTC %Y")
        told = [f"Execution log for request {exchange.ids.request}"]
        told += [*(f"{now} : {line}" for line in trace.lines()), ""]
        return {
            "status": answer.status,
            "body": answer.body.decode("utf-8", "replace"),
            "headers": dict(answer.headers),
            "multiValueHeaders": all_of(tuple(answer.headers)),
            "latency": round((self._world.now_s - began_s) * 1000),
            "log": "\n".join(told),
        }

    def test_authorizer(
        self, api: Api, authorizer: Any, request: Asked, variables: dict[str, str]
    ) -> dict[str, Any]:
        """TestInvokeAuthorizer's answer: what the authorizer says of a request."""
        exchange = self._trial(api, request, variables)
        began_s = self._world.now_s
        told, status, why = self.authorisers.test(exchange, authorizer)
        lines = [f"Execution log for request {exchange.ids.request}"]
        lines += [f"Execution failed: {why}"] if why else []
        spent_ms = round((self._world.now_s - began_s) * 1000)
        return {"clientStatus": status, "log": "\n".join(lines), "latency": spent_ms, **told}

    def _trial(self, api: Api, request: Asked, variables: dict[str, str]) -> Exchange:
        """A request that somebody only tries out, at no stage."""
        unix_s = self._world.clock.unix_s
        return Exchange(
            api,
            request,
            new_ids(self._chance, unix_s),
            unix_s,
            lambda: self._world.now_s,
            stage_name="test-invoke-stage",
            domain=request.host,
            variables=variables,
        )

    def tell(self, exchange: Exchange, answer: Answer, latency_s: float) -> None:
        """Write a call down: the journal's fact, the stage's logs, CloudWatch's metrics."""
        api, refused = exchange.api, exchange.refused
        latency_s = round(latency_s, 6)
        more: dict[str, Any] = {}
        if exchange.integration_latency_s is not None:
            more["integration_latency_s"] = round(exchange.integration_latency_s, 6)
        if refused is not None:
            more["error"] = refused.kind
            more["why"] = (refused.why or refused.message or "")[:1024]
        if exchange.from_cache:
            more["cached"] = True
        if exchange.canary:
            more["canary"] = True
        if exchange.api_key_id is not None:
            more["api_key"] = exchange.api_key_id
        self._world.record(
            "apigateway.answered",
            kind=api.kind,
            **exchange.about(),
            method=exchange.asked.method,
            path=exchange.asked.path,
            route=exchange.resource_path,
            status=answer.status,
            latency_s=latency_s,
            bytes_in=len(exchange.asked.body),
            bytes_out=len(answer.body),
            **more,
        )
        if exchange.stage is None:
            return
        self._logs.access(exchange, answer, latency_s)
        if api.kind == "REST":
            self._logs.execution(exchange, answer)
        self._count(exchange, answer, latency_s)

    def _count(self, exchange: Exchange, answer: Answer, latency_s: float) -> None:
        """Metrics ("Amazon API Gateway dimensions and metrics", REST and HTTP APIs)."""
        api, rest = exchange.api, exchange.api.kind == "REST"
        named = {"ApiName": api.state.name} if rest else {"ApiId": api.id}
        arn = f"arn:aws:apigateway:{api.region}:{api.account}:/apis/{api.id}"
        four, five = ("4XXError", "5XXError") if rest else ("4xx", "5xx")
        data: list[tuple[str, float, str]] = [
            ("Count", 1.0, "Count"),
            (four, float(400 <= answer.status < 500), "Count"),
            (five, float(answer.status >= 500), "Count"),
            ("Latency", round(latency_s * 1000), "Milliseconds"),
        ]
        if exchange.integration_latency_s is not None:
            spent_ms = round(exchange.integration_latency_s * 1000)
            data.append(("IntegrationLatency", spent_ms, "Milliseconds"))
        if exchange.from_cache is not None:
            hit = "CacheHitCount" if exchange.from_cache else "CacheMissCount"
            data.append((hit, 1.0, "Count"))
        if not rest:
            data.append(("DataProcessed", float(len(answer.body)), "Bytes"))
        for dimensions in (named, {**named, "Stage": exchange.stage_name}):
            for name, value, unit in data:
                self._world.metrics.count(_NAMESPACE, name, dimensions, value, unit, arn=arn)


def _stage(api: Api, door: Door) -> tuple[str, str, bool]:
    """The stage's name, the raw path behind it, and whether its name stood in the path."""
    if door.stage is not None:
        return door.stage, door.path, not door.domain
    first, _, rest = door.path.lstrip("/").partition("/")
    name = unquote(first)
    if api.kind != "REST" and name not in api.state.stages and "$default" in api.state.stages:
        return "$default", door.path, False
    return name, f"/{rest}", True
