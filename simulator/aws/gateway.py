"""The one door every AWS call goes through, served or in-process: route, answer, write it down."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError
from botocore.model import OperationNotFoundError
from werkzeug.exceptions import HTTPException

from simulator.aws import calls
from simulator.aws.blame import refusal_for, unknown_operation
from simulator.aws.errors import code_of, error_response, protocol_of, writable
from simulator.aws.routing import (
    ACCOUNT_HEADER,
    Target,
    handler_for,
    is_missing,
    misdirection,
    resolve,
)
from simulator.aws.weighing import Scale, body_of, weighed
from simulator.aws.wire import WireRequest, as_moto, lighten
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel import current_fiber, sleep
from simulator.model import lineage
from simulator.model.traffic import Traffic

if TYPE_CHECKING:
    from simulator.world import World

log = logging.getLogger(__name__)
_CALLS_BY_NAME = ("json", "query", "ec2")
_SQS_PAGE = b"<UnknownOperationException"  # all that SQS says where no operation is named
_NOTED = "paddock.noted"
_MOTO_API = ("moto_api", "instance_metadata")


class Door(Protocol):
    """What answers requests that are no calls of an AWS API: a function's URL …"""

    def takes(self, request: HttpRequest) -> bool:
        """Whether a request is for it."""

    def __call__(self, request: HttpRequest) -> HttpResponse | None:
        """The answer; None for a request that is not for it."""


class Gateway:
    """Answers AWS calls from moto's state; every call becomes a fact of the journal."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids = world.streams["request-ids"]
        self.traffic = Traffic(world, world.traffic)
        self.doors: list[Door] = []
        self._noted: dict[str, Any] = {}
        lighten()

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer a call at the present instant; it returns later if what it asks for takes time.

        Outside all fibers it lets virtual time run until the answer is there, and no further.
        """
        world = self._world
        if current_fiber() is None:
            name = f"{request.method} {request.url.partition('?')[0]}"
            fiber = world.spawn(self.handle, request, name=name)
            answer: HttpResponse = world.run(until=fiber)
            return answer
        for door in self.doors:
            if (answered := door(request)) is not None:
                return answered
        try:
            wire = as_moto(request)
            target = wire.target = resolve(wire)
        except Exception as error:  # a stranger's bytes: anything may be wrong with them
            told = f"the request cannot be read: {type(error).__name__}: {error}"
            return self._unread(400, "MalformedRequest", told)
        if target.backend in _MOTO_API:
            return self._dispatch_to_moto(wire, target)
        if (nowhere := misdirection(target)) is not None:
            return self._error(wire, target, 400, "MisdirectedRequest", nowhere)
        wire.environ["HTTP_" + ACCOUNT_HEADER.upper().replace("-", "_")] = target.account
        began_s = world.now_s
        parameters = calls.parameters(wire, target)
        if calls.UNREAD in parameters and target.protocol in ("json", "rest-json"):
            unread = f"the body of the request cannot be read: {parameters[calls.UNREAD]}"
            response = self._error(wire, target, 400, "SerializationException", unread)
            noted: Mapping[str, Any] = {}
        else:
            with Scale() as scale:
                response = self._answer(wire, target, parameters)
            weight = weighed(scale.size_bytes or body_of(wire, target))
            noted = {**(wire.environ.get(_NOTED) or {}), **weight}
        self._write_down(target, parameters, began_s, response, noted)
        return response

    def note(self, **told: Any) -> None:
        """Add to the fact of the call that is being answered; for who answers without waiting."""
        self._noted.update(told)

    def note_each(self, name: str, entry: Any) -> None:
        """Add one more to a list in the fact of the call that is being answered."""
        self._noted.setdefault(name, []).append(entry)

    def target(self, request: HttpRequest) -> Target | None:
        """What a request asks for, without answering it; None where that cannot be told."""
        if any(door.takes(request) for door in self.doors):
            return None
        try:
            return resolve(as_moto(request))
        except Exception:  # as in `handle`
            return None

    def refusal(self, request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
        """An error in the protocol of a request that was not, or not wholly, answered."""
        target = self.target(request)
        if target is None:
            return self._unread(status, code, message)
        return self._error(as_moto(request), target, status, code, message)

    def _dispatch_to_moto(self, wire: WireRequest, target: Target) -> HttpResponse:
        """moto's own routes, which can empty the whole cloud: not for functions that run in it."""
        fiber = current_fiber()
        if fiber is not None and fiber.actor.startswith("lambda:"):
            return self._unread(403, "AccessDenied", "functions may not call the emulator itself")
        return self._dispatch(wire, target)

    def _unread(self, status: int, code: str, message: str) -> HttpResponse:
        """An error where nothing is known of the request."""
        return error_response("rest-json", status, code, message, self.new_request_id())

    def _answer(
        self, wire: WireRequest, target: Target, parameters: Mapping[str, Any]
    ) -> HttpResponse:
        delay_s = self.traffic.delay_s(target.service, target.action)
        if delay_s:
            sleep(delay_s)
        refusal = self.traffic.refusal(
            target.service, target.action, target.account, target.region, parameters
        )
        if refusal is not None:
            return self._error(wire, target, refusal.status, refusal.code, refusal.message)
        fault = self._world.faults.strike(
            service=target.service,
            action=target.action,
            account=target.account,
            region=target.region,
            resource=tuple(value for value in parameters.values() if isinstance(value, str)),
        )
        if fault is None:
            return self._dispatch(wire, target)
        if fault.latency_s:
            sleep(fault.latency_s)
        if fault.error is None or fault.after:
            response = self._dispatch(wire, target)
            if fault.error is None:
                return response
        return self._error(wire, target, fault.status, fault.error, fault.message)

    def _write_down(
        self,
        target: Target,
        parameters: object,
        began_s: float,
        response: HttpResponse,
        noted: Mapping[str, Any],
    ) -> None:
        fiber = current_fiber()
        if fiber is not None and fiber.context.get("unseen"):
            return
        self._world.record(
            "call",
            service=target.service,
            action=target.action,
            account=target.account,
            region=target.region,
            params=parameters,
            latency_s=round(self._world.now_s - began_s, 6),
            **calls.outcome(response),
            **noted,
        )

    def _dispatch(self, wire: WireRequest, target: Target) -> HttpResponse:
        name = f"{target.service}:{target.action}" if target.action else target.service
        handler = handler_for(target.backend, wire.raw_path) if target.backend else None
        if handler is None or is_missing(target, wire):
            return self._refuse(wire, target, f"{name} is not implemented by Paddock")
        wire.environ[_NOTED] = self._noted = {}
        try:
            with lineage.through(target.service):
                status, headers, body = handler(wire, wire.raw_url, wire.headers)
        except HTTPException as error:
            page = error.get_response()
            status, headers, body = page.status_code, dict(page.headers), page.get_data()
        except NotImplementedError as error:
            return self._refuse(wire, target, f"{name} is not implemented by Paddock: {error}")
        except OperationNotFoundError:
            return self._refuse(wire, target, f"{name} is not an operation that Paddock knows")
        except ClientError as error:
            told = error.response["Error"]
            return self._error(wire, target, 400, told["Code"], told["Message"])
        except Exception as error:
            log.debug("%s", name, exc_info=error)
            if (refusal := refusal_for(wire, target, error)) is not None:
                return self._error(wire, target, refusal.status, refusal.code, refusal.message)
            sentence = f"{name} failed inside Paddock: {type(error).__name__}: {error}"
            log.error(sentence)
            return self._error(wire, target, 500, "InternalFailure", sentence)
        if int(status) == 404 and not body and target.protocol in _CALLS_BY_NAME:
            return self._refuse(wire, target, f"{name} is not implemented by Paddock")
        if isinstance(body, str):
            body = body.encode(errors="replace")
        response = HttpResponse(
            int(status), {str(key): str(value) for key, value in headers.items()}, body or b""
        )
        return self._told(wire, target, response) if response.status >= 400 else response

    def _told(self, wire: WireRequest, target: Target, response: HttpResponse) -> HttpResponse:
        """An error of moto's; with a code and a message where it has none, as AWS's always have."""
        if wire.method == "HEAD" or "Smithy-Protocol" in wire.headers:
            return response
        if response.body.startswith(_SQS_PAGE):
            return response
        if response.body.startswith(b"<"):
            body = writable(response.body.decode(errors="replace")).encode()
            response = replace(response, body=body)
        code, message = calls.code_and_message(response)
        if code and message:
            return response
        code = code or code_of(response.status, target.protocol)
        sentence = message or f"{target.service}:{target.action} is refused: {code}."
        return self._error(wire, target, response.status, code, sentence)

    def _refuse(self, wire: WireRequest, target: Target, sentence: str) -> HttpResponse:
        """What nobody built: 501, unless AWS does not have it either."""
        if (unknown := unknown_operation(target)) is not None:
            return self._error(wire, target, unknown.status, unknown.code, unknown.message)
        return self._error(wire, target, 501, "NotImplemented", sentence)

    def _error(
        self, wire: WireRequest, target: Target, status: int, code: str, message: str
    ) -> HttpResponse:
        protocol = protocol_of(
            target.protocol,
            target="X-Amz-Target" in wire.headers,
            form=(wire.content_type or "").startswith("application/x-www-form-urlencoded"),
            cbor=wire.headers.get("Smithy-Protocol") == "rpc-v2-cbor",
            service=target.service,
        )
        return error_response(protocol, status, code, message, self.new_request_id())

    def new_request_id(self) -> str:
        """A request id of this seed, in AWS's form."""
        digits = f"{self._ids.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
