"""The way of an SQS call through moto: read, authorised, answered in the protocol it came in.

The query protocol goes moto's way. The JSON protocol, which every SDK of today speaks, has a
shorter one: its answers are plain values, and moto's general machinery takes most of a call's time.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

from moto import settings
from moto.core.request import Request
from moto.core.responses import TYPE_RESPONSE, ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores
from moto.iam.models import mark_account_as_visited
from moto.sqs.exceptions import MissingParameter, QueueDoesNotExist, SQSException
from moto.sqs.models import sqs_backends
from moto.sqs.responses import SQSResponse
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from simulator.aws.sqs.exceptions import InvalidAction, Unreadable
from simulator.aws.sqs.models import SqsBackend
from simulator.aws.sqs.queue import SqsQueue
from simulator.aws.sqs.shapes import Mismatch, Missing, reader
from simulator.aws.wire import WireRequest

_JSON = "application/x-amz-json-1.0"
_FORM = "application/x-www-form-urlencoded"
_QUEUE_PATH = re.compile(r"/(\d{12})/([^/]+)/?$")
_REGION_IN_HOST = re.compile(r"^(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.")
_NOT_ON_A_QUEUE = ("CreateQueue", "ListQueues")
# Names of errors that the model of the service lacks, in the JSON protocol.
_JSON_NAMES = {
    "InvalidParameterValue": "com.amazon.coral.service#InvalidParameterValueException",
    "InvalidAction": "com.amazon.coral.service#UnknownOperationException",
    "SerializationException": "com.amazon.coral.service#SerializationException",
}


class Road(SQSResponse):
    """Brings a call to the method of its action, and to the backend that its queue's URL names."""

    _plain = False  # whether this call takes the short way
    _action = ""
    _refusal: SQSException | None = None
    _found: SqsBackend | None = None

    @property
    def sqs_backend(self) -> SqsBackend:
        """The backend of the caller, or of the queue's owner where a URL names one."""
        if self._found is None:
            self._found = self._find_backend()
        return self._found

    def _find_backend(self) -> SqsBackend:
        url = self.params.get("QueueUrl")
        owner, region = _owner_in(self.path if url is None else url)
        try:
            backend = sqs_backends[owner or self.current_account][region or self.region]
        except KeyError:  # no such Region
            raise QueueDoesNotExist from None
        assert isinstance(backend, SqsBackend)
        return backend

    @property
    def _queue(self) -> SqsQueue:
        return self.sqs_backend.get_queue(self._get_queue_name())

    def _get_queue_name(self) -> str:
        url = str(self.params.get("QueueUrl") or self.path)
        return url.rstrip("/").rsplit("/", 1)[-1]

    def _get_param(self, param_name: str, if_none: Any = None) -> Any:
        value = self.params.get(param_name)
        return if_none if value is None else value

    def _get_action(self) -> str:
        return self._action or str(super()._get_action() or "")

    # ---- in

    def _dispatch(
        self, request: Request, full_url: str | None = None, headers: Any = None
    ) -> TYPE_RESPONSE:
        target = request.environ.get("HTTP_X_AMZ_TARGET")
        kind = str(request.environ.get("CONTENT_TYPE", ""))
        plain = target and kind.startswith(_JSON) and "HTTP_CONTENT_ENCODING" not in request.environ
        if plain and isinstance(request, WireRequest):
            self._begin(request, full_url or request.raw_url)
        else:
            if not target and not kind:  # a query in the URL alone; moto would take it for JSON
                request.environ["CONTENT_TYPE"] = _FORM
            self.setup_class(request, full_url, headers)
        return self.call_action()

    def _begin(self, request: WireRequest, url: str) -> None:
        """The short way in: what moto's set-up finds out, where SQS needs it."""
        target = request.target
        self._plain, self._action = True, request.environ["HTTP_X_AMZ_TARGET"].rsplit(".", 1)[-1]
        self.normalized_request, self.headers = request, request.headers
        self.uri, self.path, self.method = url, request.path, request.method
        self.raw_path = request.raw_path
        self.body = self.raw_body = request.data
        self.querystring = self.data = {}
        self.uri_match = {}
        self.region, self.current_account = target.region, target.account
        self.partition = get_partition(self.region)
        self.is_werkzeug_request = False
        now_s = int(SqsBackend.world.clock.unix_s)
        self.response_headers = {"server": "amazon.com", "date": _http_date(now_s)}
        self.access_key = target.access_key
        if not target.names_account:
            mark_account_as_visited(self.current_account, self.access_key, "sqs", self.region)
        try:
            self._read(self._action, request.said())
        except ValueError as error:
            self.params = {}
            self._refusal = Unreadable(f"The request's body is no JSON: {error}.")

    def setup_class(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """moto's way in. What cannot be read is told by `call_action`."""
        self.params: Any = {}
        try:
            request.data.decode()
        except UnicodeDecodeError:
            kwargs["use_raw_body"] = True  # moto would give up here
        super().setup_class(request, *args, **kwargs)

    def parse_parameters(self, request: Any) -> None:
        """Parse the parameters as moto does, and read them by the operation's input."""
        action = self._get_action()
        if reader(action) is None or (action in _NOT_ON_A_QUEUE and _QUEUE_PATH.search(self.path)):
            self._refusal = InvalidAction(action)
            return
        try:
            super().parse_parameters(request)
        except Exception as error:  # moto's parser takes requests to be well formed
            self._refusal = Unreadable(f"The request cannot be read: {error}")
            return
        parsed = dict(self.params)
        if "QueueUrl" not in parsed and _QUEUE_PATH.search(self.path):
            parsed["QueueUrl"] = self.path
        self._read(action, parsed)

    def _read(self, action: str, given: Any) -> None:
        self.params = {}
        read = reader(action)
        if read is None:
            self._refusal = InvalidAction(action)
            return
        try:
            self.params = read(given)
        except Mismatch as mismatch:
            self._refusal = Unreadable(str(mismatch))
        except Missing as missing:
            self._refusal = MissingParameter(str(missing))

    # ---- out

    def call_action(self) -> TYPE_RESPONSE:
        """Answer, or refuse, in the request's own protocol."""
        if not self._get_action():
            return 404, {"Content-Type": "text/xml"}, "<UnknownOperationException/>\n"
        if self._refusal is not None:
            status, headers, body = self.serialized(ActionResult(self._refusal))
            if not self._plain:
                headers, body = self._enrich_response(headers, body)
            return status, headers, body
        if not self._plain:
            return super().call_action()
        try:
            enforced = self.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT
            resource = self._determine_resource() if enforced else "*"
            self._authenticate_and_authorize_normal_action(resource)
        except HTTPException:
            return super().call_action()  # it meets the same refusal, and words it
        try:
            result = getattr(self, _method_of(self._action))()
        except SQSException as error:
            result = ActionResult(error)
        return self.serialized(result)

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        """As moto does it, with the names that AWS gives to errors the model does not list."""
        if self._plain and type(action_result) in (ActionResult, EmptyResult):
            told = action_result.result
            if told is None or type(told) is dict:
                return 200, self._json_headers(), _encode(told or {})
        status, headers, body = super().serialized(action_result)
        if self._plain:
            headers.update(self._json_headers())
        error = action_result.result
        if isinstance(error, SQSException):
            status = getattr(error, "status", status)
            name = _JSON_NAMES.get(str(error.code))
            if name and isinstance(body, str) and body.startswith("{"):
                body = json.dumps({**json.loads(body), "__type": name})
        return status, headers, body

    def _json_headers(self) -> dict[str, str]:
        request_id = SqsBackend.world.cloud.gateway.new_request_id()
        return {**self.response_headers, "Content-Type": _JSON, "x-amzn-RequestId": request_id}


@cache
def _method_of(action: str) -> str:
    return str(camelcase_to_underscores(action))


@lru_cache(maxsize=1024)
def _owner_in(url: str) -> tuple[str | None, str | None]:
    """The account and the Region that a queue's URL, or its path, names."""
    owner = _QUEUE_PATH.search(url)
    where = None
    if "amazonaws" in url:
        with suppress(ValueError):  # it is no URL, and so no queue's
            where = _REGION_IN_HOST.match(urlsplit(url).hostname or "")
    return owner and owner[1], where and (where[1] or where[2])


@lru_cache(maxsize=8)
def _http_date(unix_s: int) -> str:
    return http_date(unix_s)


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no plain value")


_encode = json.JSONEncoder(default=_base64).encode
