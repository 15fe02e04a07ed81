"""The open connections of WebSocket APIs, and @connections: what a backend may do with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from moto.apigatewaymanagementapi.models import Connection as MotoConnection
from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends

from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.frames import Wire
from simulator.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from simulator.world import World

PAYLOAD_LIMIT_BYTES = 128 * 1024
"""The largest message ("Quotas for configuring and running a WebSocket API")."""

_ADDRESS = re.compile(r"(?:/[^@]*)?/@connections/([^/]+)/?$")
_ACTIONS = {"POST": "PostToConnection", "GET": "GetConnection", "DELETE": "DeleteConnection"}


class Connection(MotoConnection):
    """An open connection, and the call that opened it."""

    def __init__(self, connection_id: str, exchange: Exchange, wire: Wire) -> None:
        super().__init__()
        self.id = connection_id
        self.exchange = exchange
        self.wire = wire
        self.source_ip = exchange.asked.source_ip
        self.user_agent = exchange.asked.user_agent or ""
        self.connected_at = self.last_active = exchange.at
        self.open = True

    def to_dict(self) -> dict[str, Any]:
        """As GetConnection tells it."""
        return {
            "connectedAt": _iso(self.connected_at),
            "identity": {"sourceIp": self.source_ip, "userAgent": self.user_agent},
            "lastActiveAt": _iso(self.last_active),
        }


def keep(connection: Connection) -> None:
    """Let a connection be found."""
    api = connection.exchange.api
    backend = apigatewaymanagementapi_backends[api.account][api.region]
    backend.connections[connection.id] = connection


def found(connection_id: str) -> Connection | None:
    """An open connection by its id."""
    for regions in apigatewaymanagementapi_backends.values():
        for backend in regions.values():
            connection = backend.connections.get(connection_id)
            if isinstance(connection, Connection) and connection.open:
                return connection
    return None


def forget(connection: Connection) -> None:
    """Let a connection be found no more."""
    connection.open = False
    api = connection.exchange.api
    apigatewaymanagementapi_backends[api.account][api.region].connections.pop(connection.id, None)


class Management:
    """The API Gateway Management API: PostToConnection, GetConnection, DeleteConnection."""

    def __init__(self, world: World, ended: Callable[[str, int, str], None]) -> None:
        """`ended` is told of a connection that a backend has deleted: id, code and reason."""
        self._world = world
        self._ended = ended

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to a call of it; None for any other request."""
        if "connections/" not in request.url:
            return None
        address = _ADDRESS.fullmatch(unquote(urlsplit(request.url).path))
        action = _ACTIONS.get(request.method)
        if address is None or action is None:
            return None
        began_s = self._world.now_s
        signed = any(name.lower() == "authorization" for name in request.headers)
        connection = found(address[1])
        account, region = "", ""
        if connection is not None:
            account, region = connection.exchange.api.account, connection.exchange.api.region
        fault = self._world.faults.strike(
            service="apigatewaymanagementapi",
            action=action,
            account=account,
            region=region,
            resource=(address[1],),
        )
        if fault is not None and fault.error is not None:
            response = _error(fault.status, fault.error, fault.message)
        elif not signed:
            told = "Missing Authentication Token"
            response = _error(403, "MissingAuthenticationTokenException", told)
        elif connection is None:
            response = _error(410, "GoneException", "The connection is gone.")
        else:
            response = self._act(action, connection, request.body)
        told_error = response.headers.get("x-amzn-ErrorType")
        self._world.record(
            "call",
            service="apigatewaymanagementapi",
            action=action,
            account=account,
            region=region,
            params={"ConnectionId": address[1]},
            latency_s=round(self._world.now_s - began_s, 6),
            status=response.status,
            **({"error": told_error} if told_error else {}),
        )
        return response

    def _act(self, action: str, connection: Connection, body: bytes) -> HttpResponse:
        if action == "GetConnection":
            told = json.dumps(connection.to_dict()).encode()
            return HttpResponse(200, {"Content-Type": "application/json"}, told)
        if action == "DeleteConnection":
            reason = "Connection Closed Normally"
            connection.wire.end(1000, reason)
            self._world.spawn(self._ended, connection.id, 1000, reason, daemon=True)
            return HttpResponse(204)
        if len(body) > PAYLOAD_LIMIT_BYTES:
            return _error(413, "PayloadTooLargeException", "Message too long")
        connection.last_active = self._world.clock.unix_s
        self._world.record(
            "apigateway.message",
            **connection.exchange.about(),
            connection=connection.id,
            direction="out",
            bytes=len(body),
        )
        connection.wire.deliver(body.decode("utf-8", "replace"))
        return HttpResponse(200, {"Content-Type": "application/json"})


def _error(status: int, code: str, message: str) -> HttpResponse:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return HttpResponse(status, headers, json.dumps({"message": message}).encode())


def _iso(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
