"""The control routes: read and move the clock, read the journal; for this machine's people only.

A page that a browser has open elsewhere must not reach them, so a request is refused when it says
that it comes from another site, when its Host is a name that a stranger's DNS could point here, or
when it posts anything but JSON, which no page may send across sites unasked.
"""

from __future__ import annotations

import ipaddress
import json
import math
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from simulator.aws.endpoint.modes import TimeMode, instant_of
from simulator.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from simulator.aws.endpoint.timekeeper import Timekeeper

_CONTROL = "/_paddock/"
_MOTO = "/moto-api"
_LONGEST_MOVE_S = 100 * 365 * 86_400.0
_ASK = 'send {"advance_s": 31}, {"to": "2026-01-01T00:00:00Z"} or {"mode": "paced=60"}'
_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}


class _Refused(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Control:
    """Answers `/_paddock/…`, and keeps strangers from moto's own `/moto-api/…`."""

    def __init__(self, keeper: Timekeeper, bind_host: str) -> None:
        self._keeper = keeper
        self._world = keeper.world
        self._bind_host = bind_host.lower()

    async def answer(self, path: str, request: HttpRequest) -> HttpResponse | None:
        """The answer to a control request; None for any other."""
        own = path.startswith(_CONTROL) or path == _CONTROL[:-1]
        if not own and not path.startswith(_MOTO):
            return None
        try:
            self._check_origin(request)
            if not own:
                return None
            return await self._route(path, request)
        except _Refused as refused:
            return _json(refused.status, {"error": str(refused)})

    def _check_origin(self, request: HttpRequest) -> None:
        headers = request.headers
        host = headers.get("host", "")
        if not self._may_be_called(_hostname(host)):
            raise _Refused(403, f"control routes are not served under the host name {host!r}")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise _Refused(403, f"control routes refuse requests of another site ({origin})")
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise _Refused(403, "control routes refuse requests of another site")

    def _may_be_called(self, name: str) -> bool:
        if name in ("localhost", "127.0.0.1", "::1", self._bind_host):
            return True
        if self._bind_host in ("localhost", "127.0.0.1", "::1"):
            return False
        # Bound to a network on purpose: its addresses, and names that public DNS cannot have.
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return bool(name) and "." not in name
        return True

    async def _route(self, path: str, request: HttpRequest) -> HttpResponse:
        match request.method, path:
            case "GET", "/_paddock/health":
                return _json(200, {"status": "ok", "waiting": self._keeper.waiting})
            case "GET", "/_paddock/clock":
                return _json(200, self._clock())
            case "POST", "/_paddock/clock":
                await self._move(_command(request))
                return _json(200, self._clock())
            case "GET", "/_paddock/journal":
                return self._journal(urlsplit(request.url).query)
            case _, "/_paddock/health" | "/_paddock/clock" | "/_paddock/journal":
                raise _Refused(405, f"{path} does not take {request.method}")
        raise _Refused(404, f"there is no control route {path}")

    def _clock(self) -> dict[str, Any]:
        clock = self._world.clock
        return {
            "now": clock.instant.isoformat(),
            "now_s": clock.now_s,
            "start": clock.start.isoformat(),
            "mode": str(self._keeper.mode),
            "seed": self._world.seed,
        }

    async def _move(self, command: dict[str, Any]) -> None:
        match command:
            case {"mode": str(mode)} if len(command) == 1:
                try:
                    self._keeper.set_mode(TimeMode.parse(mode))
                except ValueError as error:
                    raise _Refused(400, str(error)) from error
            case {"to": str(to)} if len(command) == 1:
                try:
                    instant = instant_of(to)
                except ValueError as error:
                    raise _Refused(400, str(error)) from error
                await self._advance((instant - self._world.clock.instant).total_seconds())
            case {"advance_s": int() | float() as by_s} if len(command) == 1:
                await self._advance(_finite(by_s))
            case _:
                raise _Refused(400, f"{json.dumps(command)[:200]} says nothing about time: {_ASK}")

    async def _advance(self, by_s: float) -> None:
        if by_s < 0:
            now = self._world.clock.instant.isoformat()
            raise _Refused(400, f"time only moves forward: it is {now}, and that is {-by_s} s ago")
        if by_s > _LONGEST_MOVE_S:
            raise _Refused(400, f"{by_s} s is further than time moves at once: 100 years at most")
        await self._keeper.advance(self._world.now_s + by_s)

    def _journal(self, query: str) -> HttpResponse:
        asked = parse_qs(query).get("after", ["0"])[-1]
        if not asked.isascii() or not asked.isdigit():
            raise _Refused(400, f"after={asked!r} is no count of facts to leave out")
        facts = self._world.journal.facts[min(int(asked[:18]), len(self._world.journal.facts)) :]
        lines = "".join(fact.to_json() + "\n" for fact in facts)
        headers = {"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"}
        return HttpResponse(200, headers, lines.encode())


def _command(request: HttpRequest) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _Refused(403, "post to control routes with Content-Type: application/json")
    try:
        command = json.loads(request.body)
    except (ValueError, RecursionError):
        command = None
    if not isinstance(command, dict):
        raise _Refused(400, f"the body is no JSON object: {_ASK}")
    return command


def _finite(number: float) -> float:
    """`number` as seconds; JSON's true and NaN are none."""
    try:
        seconds = float(number)
    except OverflowError:
        seconds = math.inf
    if isinstance(number, bool) or not math.isfinite(seconds):
        raise _Refused(400, f"advance_s must be a finite number of seconds: {_ASK}")
    return seconds


def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _json(status: int, value: dict[str, Any]) -> HttpResponse:
    return HttpResponse(status, dict(_JSON), json.dumps(value).encode() + b"\n")
