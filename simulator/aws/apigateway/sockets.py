"""WebSocket APIs: $connect, messages routed by what they say, $disconnect."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simulator.aws.apigateway import connections, parameters, proxy
from simulator.aws.apigateway.answers import Answer, Refused, plain
from simulator.aws.apigateway.asked import all_of, last_of
from simulator.aws.apigateway.backends import Backends, is_two_way
from simulator.aws.apigateway.connections import Connection
from simulator.aws.apigateway.exchange import Exchange, new_ids
from simulator.aws.apigateway.frames import CONNECTION_HEADER, Closing, Frame, Opening
from simulator.aws.apigateway.gates import Gates
from simulator.aws.apigateway.integrate import TIMEOUT_S, internal, with_variables
from simulator.aws.apigateway.jsonpaths import select
from simulator.aws.apigateway.lambdas import Lambdas, NotInvoked
from simulator.aws.apigateway.logs import Logs
from simulator.aws.apigateway.plans import Plans
from simulator.aws.apigateway.routes import in_force
from simulator.http import HttpResponse
from simulator.kernel.fiber import current_fiber, sleep

if TYPE_CHECKING:
    from simulator.world import World

IDLE_S = 600.0
LONGEST_S = 7200.0
"""How long a connection may be idle, and last ("Quotas for … a WebSocket API")."""

_BODY = "$request.body."
_EVENTS = {"connected": "CONNECT", "message": "MESSAGE", "disconnected": "DISCONNECT"}


class WebSockets:
    """The connections of a world's WebSocket APIs."""

    def __init__(
        self,
        world: World,
        lambdas: Lambdas,
        backends: Backends,
        gates: Gates,
        plans: Plans,
        logs: Logs,
    ) -> None:
        self._backends = backends
        self._world = world
        self._logs = logs
        self._lambdas = lambdas
        self._gates = gates
        self._plans = plans
        self._chance = world.streams["apigateway-connections"]

    def connect(self, exchange: Exchange, opening: Opening) -> HttpResponse:
        """Open a connection if the API's $connect route lets it: 101, or what refuses it."""
        connection_id = base64.urlsafe_b64encode(
            self._chance.getrandbits(88).to_bytes(11, "big")
        ).decode()
        assert opening.wire is not None
        connection = Connection(connection_id, exchange, opening.wire)
        self._address(connection, exchange, "$connect", "CONNECT")
        try:
            answer = self._connected(exchange)
        except Refused as refused:
            exchange.refused = refused
            answer = plain(refused)
        answer.default("x-amzn-RequestId", exchange.ids.request)
        opened = 200 <= answer.status < 300
        why = exchange.refused.why if exchange.refused is not None else ""
        self._tell("connected", exchange, status=101 if opened else answer.status, **_because(why))
        if not opened:
            return answer.as_http()
        connections.keep(connection)
        self._count("ConnectCount", connection)
        self._world.spawn(
            self._watch, connection, name=f"connection {connection_id}", background=True
        )
        headers = {CONNECTION_HEADER: connection_id}
        for name, value in answer.headers:
            if name.lower() == "sec-websocket-protocol":
                headers["Sec-WebSocket-Protocol"] = value
        return HttpResponse(101, headers)

    def message(self, frame: Frame) -> None:
        """Take a client's message to its route; what goes wrong is told to the client."""
        connection = connections.found(frame.connection)
        if connection is None:
            return
        exchange = self._of(connection, frame.body)
        connection.last_active = self._world.clock.unix_s
        status = 200
        chosen: Any = None
        why = ""
        try:
            chosen = self._route(exchange, frame)
            self._plans.hold_account(exchange)
            self._routed(connection, exchange, chosen, frame)
        except Refused as refused:
            status, why = refused.status, refused.why
            told = {
                "message": refused.message,
                "connectionId": connection.id,
                "requestId": exchange.ids.extended,
            }
            connection.wire.deliver(json.dumps(told))
        self._count("MessageCount", connection)
        self._tell(
            "message",
            exchange,
            direction="in",
            route=chosen.route_key if chosen is not None else "",
            bytes=len(frame.body),
            status=status,
            **_because(why),
        )

    def _of(self, connection: Connection, body: bytes = b"") -> Exchange:
        """What happens on an open connection, as a call of its own."""
        opening = connection.exchange
        asked = replace(opening.asked, body=body, headers=(), query=())
        ids = new_ids(self._chance, self._world.clock.unix_s)
        return replace(opening, asked=asked, ids=ids, overrides={}, refused=None)

    def disconnect(self, connection_id: str, code: int, reason: str) -> None:
        """A connection has ended: tell the API's $disconnect route, as far as that can be."""
        connection = connections.found(connection_id)
        if connection is None:
            return
        connections.forget(connection)
        exchange = self._of(connection)
        why = ""
        route = self._routes(exchange).get("$disconnect")
        more = {"disconnectStatusCode": code, "disconnectReason": reason}
        context = self._address(connection, exchange, "$disconnect", "DISCONNECT", more)
        if route is not None:
            event = {
                "headers": {"Host": exchange.domain, "x-api-key": "", "x-restapi": ""},
                "multiValueHeaders": {
                    "Host": [exchange.domain],
                    "x-api-key": [""],
                    "x-restapi": [""],
                },
                "requestContext": context,
                "isBase64Encoded": False,
            }
            try:
                self._integrated(exchange, route, event)
            except Refused as refused:
                why = refused.why
        self._tell("disconnected", exchange, code=code, reason=reason, **_because(why))

    def _connected(self, exchange: Exchange) -> Answer:
        if exchange.stage is None:
            raise Refused("ACCESS_DENIED", "Forbidden", why=f"no stage {exchange.stage_name!r}")
        if not in_force(exchange.api, exchange.stage).routes:
            why = f"nothing is deployed to the stage {exchange.stage_name!r}"
            raise Refused("ACCESS_DENIED", "Forbidden", why=why)
        self._plans.hold_account(exchange)
        route = self._routes(exchange).get("$connect")
        if route is None:
            return Answer(200)
        self._gates.check(exchange, in_force(exchange.api, exchange.stage), route)
        if exchange.socket is not None and exchange.authorizer is not None:
            exchange.socket["authorizer"] = exchange.authorizer
        if route.api_key_required:
            expression = str(exchange.api.state.api_key_selection_expression or "")
            self._plans.check_key(exchange, "authorizer" in expression)
        headers = proxy.forwarded(exchange)
        event: dict[str, Any] = {
            "headers": last_of(headers),
            "multiValueHeaders": all_of(headers),
        }
        if exchange.asked.query:
            event["queryStringParameters"] = last_of(exchange.asked.query)
            event["multiValueQueryStringParameters"] = all_of(exchange.asked.query)
        if exchange.variables:
            event["stageVariables"] = exchange.variables
        event["requestContext"] = exchange.socket
        event["isBase64Encoded"] = False
        told = self._integrated(exchange, route, event)
        if isinstance(told, Answer):
            return told
        return Answer(200) if told is None else _as_answer(told)

    def _route(self, exchange: Exchange, frame: Frame) -> Any:
        """The route a message goes to, by the API's selection expression. Raises Refused."""
        routes = self._routes(exchange)
        expression = str(exchange.api.state.route_selection_expression or "")
        value: Any = None
        if frame.text:
            try:
                body = json.loads(frame.body)
            except ValueError:
                body = None
            if isinstance(body, dict):
                inner = expression.removeprefix("${").removesuffix("}")
                inner = inner if inner.startswith("$") else f"${inner}"
                if inner.startswith(_BODY):
                    value = select(body, inner.removeprefix(_BODY))
                else:
                    value = parameters.value_of(expression, exchange)
        chosen = routes.get(str(value)) if value is not None else None
        chosen = chosen or routes.get("$default")
        if chosen is None:
            why = f"no route for {value!r}, and no $default"
            raise Refused("ACCESS_DENIED", "Forbidden", why=why)
        return chosen

    def _routed(self, connection: Connection, exchange: Exchange, route: Any, frame: Frame) -> None:
        text = frame.body.decode("utf-8", "replace")
        body = text if frame.text else base64.b64encode(frame.body).decode()
        message_id = exchange.ids.extended.replace("/", "-")
        more = {"messageId": message_id}
        event: dict[str, Any] = {
            "requestContext": self._address(connection, exchange, route.route_key, "MESSAGE", more),
            "body": body,
            "isBase64Encoded": not frame.text,
        }
        if exchange.variables:
            event["stageVariables"] = exchange.variables
        told = self._integrated(exchange, route, event)
        if told is None or not is_two_way(route):
            return
        if isinstance(told, Answer):
            connection.wire.deliver(told.body.decode("utf-8", "replace"))
            return
        try:
            answer = json.loads(told)
        except ValueError:
            return
        if isinstance(answer, dict) and answer.get("body") is not None:
            back = answer["body"]
            connection.wire.deliver(back if isinstance(back, str) else json.dumps(back))

    def _integrated(
        self, exchange: Exchange, route: Any, event: dict[str, Any]
    ) -> bytes | Answer | None:
        """What a route's function or other backend answers; None without one. Raises Refused."""
        deployed = in_force(exchange.api, exchange.stage)
        integration = deployed.integrations.get(str(route.target or "").rpartition("/")[2])
        if integration is None:
            return None
        if str(integration.integration_type).upper() != "AWS_PROXY":
            return self._backends.answer(exchange, route, integration)
        try:
            with exchange.integrating():
                invoked = self._lambdas.invoke(
                    with_variables(str(integration.integration_uri), exchange),
                    exchange.api,
                    (f"{exchange.stage_arn}/{route.route_key}",),
                    json.dumps(event, separators=(",", ":")).encode(),
                    timeout_s=TIMEOUT_S,
                    role=integration.credentials_arn,
                )
        except NotInvoked as error:
            if error.kind == "timeout":
                told = "Endpoint request timed out"
                raise Refused("INTEGRATION_TIMEOUT", told, why=str(error)) from error
            raise internal(str(error)) from error
        if invoked.failed:
            raise internal(f"the function failed: {invoked.payload.decode(errors='replace')}", 502)
        return invoked.payload

    def _routes(self, exchange: Exchange) -> dict[str, Any]:
        deployed = in_force(exchange.api, exchange.stage)
        return {route.route_key: route for route in deployed.routes.values()}

    def _address(
        self,
        connection: Connection,
        exchange: Exchange,
        route_key: str,
        kind: str,
        more: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Let what happens go to a route; returns the `requestContext` of it."""
        exchange.resource_path = route_key
        identity = {"sourceIp": connection.source_ip}
        if connection.user_agent:
            identity["userAgent"] = connection.user_agent
        now = self._world.clock.instant
        context: dict[str, Any] = {
            "routeKey": route_key,
            **(more or {}),
            "eventType": kind,
            "extendedRequestId": exchange.ids.extended,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "messageDirection": "IN",
            "stage": exchange.stage_name,
            "connectedAt": int(connection.connected_at * 1000),
            "requestTimeEpoch": int(self._world.clock.unix_s * 1000),
            "identity": identity,
            "requestId": exchange.ids.extended,
            "domainName": exchange.domain,
            "connectionId": connection.id,
            "apiId": exchange.api.id,
        }
        if exchange.authorizer is not None:
            context["authorizer"] = exchange.authorizer
        exchange.socket = context
        return context

    def _watch(self, connection: Connection) -> None:
        """End a connection that is idle or old."""
        last_s = connection.connected_at + LONGEST_S
        while connection.open:
            now_s = self._world.clock.unix_s
            ends_s = min(connection.last_active + IDLE_S, last_s)
            if now_s >= ends_s - 1e-6:
                fiber = current_fiber()
                assert fiber is not None
                fiber.background = False
                connection.wire.end(1001, "Going away")
                self.disconnect(connection.id, 1001, "Going away")
                return
            sleep(ends_s - now_s)

    def end(self, closing: Closing) -> None:
        """A client has closed its connection, or is gone."""
        self.disconnect(closing.connection, closing.code, closing.reason)

    def _count(self, name: str, connection: Connection) -> None:
        exchange = connection.exchange
        api = exchange.api
        arn = f"arn:aws:apigateway:{api.region}:{api.account}:/apis/{api.id}"
        named = {"ApiId": api.id}
        for dimensions in (named, {**named, "Stage": exchange.stage_name}):
            self._world.metrics.count("AWS/ApiGateway", name, dimensions, arn=arn)

    def _tell(self, what: str, exchange: Exchange, **more: Any) -> None:
        connection_id = exchange.socket["connectionId"] if exchange.socket else ""
        if exchange.stage is not None:
            told = {
                "connectionId": connection_id,
                "eventType": _EVENTS[what],
                "messageDirection": "IN",
                "routeKey": more.get("route") or f"${what.removesuffix('ed')}",
            }
            status = more.get("status", 200)
            self._logs.access(exchange, Answer(200 if status == 101 else status), 0.0, told)
        self._world.record(
            f"apigateway.{what}",
            **exchange.about(),
            connection=connection_id,
            **more,
        )


def _because(why: str) -> dict[str, str]:
    return {"why": why} if why else {}


def _as_answer(told: bytes) -> Answer:
    """What $connect's function answers. Raises Refused for what is no answer."""
    try:
        return proxy.rest_answer(told, as_binary=False)
    except proxy.Malformed as error:
        raise internal(str(error), 502) from error
