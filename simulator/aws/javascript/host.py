"""The world's side of the JavaScript SDK: a call comes as JSON, botocore makes it, JSON goes back.

What comes is a handler's, so everything in it is checked; it can make calls of AWS, and no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, WaiterError

from simulator.aws.javascript import shapes
from simulator.aws.session import IN_PROCESS_ENDPOINT, carried
from simulator.http import HttpRequest, HttpResponse

HOST = "sdk.paddock"
_MOST_CLIENTS = 64
_EXPIRES = "\x00expires"
_RETRYABLE = re.compile(
    r"Throttl|TooManyRequests|ProvisionedThroughputExceeded|RequestLimitExceeded|SlowDown|"
    r"BandwidthLimitExceeded|LimitExceededException|TransactionInProgress|PriorRequestNotComplete"
)


class _Refused(Exception):
    """A call that the SDK itself refuses; a code and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Host:
    """Makes the calls; one botocore client for each way in which they are configured."""

    def __init__(self, send: Callable[[HttpRequest], HttpResponse]) -> None:
        self._carry = carried(send)
        self._session = botocore.session.Session()
        self._clients: dict[tuple[Any, ...], BaseClient] = {}

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Make the call that a request describes."""
        try:
            asked = json.loads(request.body)
            told = self._called(asked)
        except _Refused as error:
            told = _error(error.code, error.code, str(error))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            told = _error("ValidationError", "ValidationError", f"no call of the SDK: {error}")
        return HttpResponse(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

    def _called(self, asked: dict[str, Any]) -> dict[str, Any]:
        second = asked["version"] == 2
        client = self._client(asked)
        params = asked.get("params") or {}
        try:
            match asked["kind"]:
                case "wait":
                    waiter = client.get_waiter(xform_name(str(asked["operation"])))
                    waiter.wait(**shapes.unmarked(params))
                    return {"data": {}, "metadata": {}}
                case "presign":
                    return {"data": self._signed(client, str(asked["operation"]), params)}
            return self._plain(client, str(asked["operation"]), params, strict=second)
        except ClientError as error:
            return _told(error)
        except WaiterError as error:
            return _error("ResourceNotReady", "TimeoutError", str(error))
        except ParamValidationError as error:
            code, sentence = shapes.complaint(str(error.kwargs.get("report", error)))
            return _error(code, code, sentence)
        except (BotoCoreError, OSError) as error:
            return _error("NetworkingError", type(error).__name__, str(error), retryable=True)

    def _plain(
        self, client: BaseClient, operation: str, params: dict[str, Any], *, strict: bool
    ) -> dict[str, Any]:
        model = client.meta.service_model
        if operation not in model.operation_names:
            raise _Refused("UnknownOperation", f"{model.service_id} has no operation {operation}")
        shape = model.operation_model(operation).input_shape
        given = shapes.prepared(shapes.unmarked(params), shape, strict=strict) if shape else {}
        method = getattr(client, xform_name(operation))
        answer = method(**given)
        metadata = answer.pop("ResponseMetadata", {})
        if hasattr(answer.get("Payload"), "read"):  # no stream to JavaScript
            answer["Payload"] = answer["Payload"].read()
        return {"data": shapes.marked(answer), "metadata": _metadata(metadata, model.protocol)}

    def _signed(self, client: Any, operation: str, params: dict[str, Any]) -> str:
        expires_s = int(params.pop(_EXPIRES, 900))
        name = xform_name(operation[:1].upper() + operation[1:])
        url: str = client.generate_presigned_url(
            name, Params=shapes.unmarked(params), ExpiresIn=expires_s
        )
        return url

    def _client(self, asked: dict[str, Any]) -> BaseClient:
        """The client of a configuration, made when it is first used."""
        keys = asked.get("credentials") or {}
        key = (
            str(asked["service"]),
            str(asked.get("region") or ""),
            str(asked.get("endpoint") or IN_PROCESS_ENDPOINT),
            str(keys.get("accessKeyId") or ""),
            str(keys.get("sessionToken") or ""),
            asked["version"] == 2,
        )
        if key not in self._clients:
            if len(self._clients) >= _MOST_CLIENTS:
                self._clients.clear()
            self._clients[key] = self._made(*key)
        return self._clients[key]

    def _made(
        self, service: str, region: str, endpoint: str, access: str, token: str, strict: bool
    ) -> BaseClient:
        if not region:
            raise _Refused("ConfigError", "Region is missing")
        if not access:
            raise _Refused("CredentialsError", "Missing credentials in config")
        try:
            client = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=endpoint,
                aws_access_key_id=access,
                aws_secret_access_key="paddock",  # noqa: S106  (nobody checks it)
                aws_session_token=token or None,
                config=Config(
                    retries={"total_max_attempts": 1},  # the SDK's own side tries again
                    parameter_validation=strict,
                    inject_host_prefix=False,
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise _Refused("ConfigError", str(error)) from error
        client.meta.events.register("before-send", self._carry)
        return client


def _metadata(told: dict[str, Any], protocol: str = "") -> dict[str, Any]:
    return {
        "httpStatusCode": told.get("HTTPStatusCode"),
        "requestId": told.get("RequestId"),
        "restful": protocol.startswith("rest"),
    }


def _told(error: ClientError) -> dict[str, Any]:
    """An error of AWS's, by the names that both versions of the SDK give it."""
    response: Any = error.response
    about = response.get("Error", {})
    code = str(about.get("Code", "Unknown"))
    name = type(error).__name__
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode") or 400)
    members = {
        key: value for key, value in response.items() if key not in ("Error", "ResponseMetadata")
    }
    told = _error(
        code,
        code if name == "ClientError" else name,
        str(about.get("Message", "")),
        retryable=status >= 500 or bool(_RETRYABLE.search(code)),
    )
    told["error"]["members"] = shapes.marked(members)
    return {**told, "metadata": _metadata(metadata)}


def _error(code: str, name: str, message: str, *, retryable: bool = False) -> dict[str, Any]:
    about = {"code": code, "name": name, "message": message, "retryable": retryable}
    return {"error": about, "metadata": {}}
