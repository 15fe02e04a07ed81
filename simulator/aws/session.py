"""boto3 sessions on this world: localstack-client's, with the network taken out."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from localstack_client.session import Session as LocalstackSession

from simulator.aws.seams import replace
from simulator.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from botocore.client import BaseClient

# A host that is never looked up: requests are handed over before they reach a socket. It has no
# dot, or S3 would take its first part for a bucket.
IN_PROCESS_ENDPOINT = "http://paddock"

# boto3 and moto make sessions freely, and each would read the same megabytes of models again.
replace(botocore.session, "create_loader", cache(botocore.session.create_loader))

Send = Callable[[HttpRequest], HttpResponse]


class Session(LocalstackSession):  # type: ignore[misc]  # localstack-client has no types
    """A session whose calls are answered by `send`; one client a service, made once.

    `account` is the 12-digit id its calls act in. Code written for localstack-client runs on it
    unchanged, and on any emulator that `AWS_ENDPOINT_URL` names.
    """

    def __init__(self, send: Send, account: str, region: str) -> None:
        before = os.environ.get("AWS_ENDPOINT_URL")
        os.environ["AWS_ENDPOINT_URL"] = IN_PROCESS_ENDPOINT
        try:
            super().__init__(
                aws_access_key_id=account,
                aws_secret_access_key="paddock",  # noqa: S106  (nobody checks it)
                region_name=region,
            )
        finally:
            if before is None:
                del os.environ["AWS_ENDPOINT_URL"]
            else:
                os.environ["AWS_ENDPOINT_URL"] = before
        self._send = send
        self._clients: dict[str, BaseClient] = {}

    def client(self, service_name: str, **kwargs: Any) -> BaseClient:
        """A client of `service_name`; without options, always the same one."""
        plain = not kwargs
        if plain and service_name in self._clients:
            return self._clients[service_name]
        kwargs.setdefault("config", Config(retries={"total_max_attempts": 1}))
        client: BaseClient
        if service_name in self._service_endpoint_mapping:
            client = super().client(service_name, **kwargs)
        else:  # younger than localstack-client's list
            options = {**kwargs, **self.common_protected_kwargs}
            make: Any = boto3.client  # its types know services by literal names only
            client = make(service_name, endpoint_url=IN_PROCESS_ENDPOINT, **options)
        client.meta.events.register("before-send", carried(self._send))
        if plain:
            self._clients[service_name] = client
        return client

    def resource(self, service_name: str, **kwargs: Any) -> Any:
        """A boto3 resource of `service_name`."""
        resource = super().resource(service_name, **kwargs)
        resource.meta.client.meta.events.register("before-send", carried(self._send))
        return resource


def carried(send: Send) -> Callable[..., Any]:
    """What hands a client's requests to `send`, before they reach a socket."""

    def carry(request: AWSPreparedRequest, **_: Any) -> Any:
        response = send(as_request(request))
        headers: Any = response.headers  # botocore takes any mapping
        return AWSResponse(request.url, response.status, headers, _Raw(response.body))

    return carry


class _Raw(io.BytesIO):
    """A body as urllib3 would stream it."""

    def stream(self, amt: int = 65536, **_: Any) -> Any:
        while chunk := self.read(amt):
            yield chunk


def as_request(request: AWSPreparedRequest) -> HttpRequest:
    """botocore's prepared request as a plain value."""
    body: Any = request.body
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    headers = {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    return HttpRequest(request.method, request.url, headers, bytes(body or b""))
