"""How a target takes an event: one function a service, each a call of that service's API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.moto_api._internal import mock_random

from simulator.aws.functions.policies import invokes
from simulator.http import HttpRequest
from simulator.model.bus import TargetError
from simulator.model.transform import select

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World

_THROTTLED = ("throttl", "toomanyrequests", "provisionedthroughput", "limitexceeded", "slowdown")
_ABSENT = ("notfound", "nonexistent", "doesnotexist", "notexist")
_DENIED = ("accessdenied", "authorization", "notauthorized", "unauthorized", "kmsaccess")


@dataclass(frozen=True)
class Parcel:
    """What is to be delivered: `body` to the target that `target`, a Target of AWS's API, names."""

    target: Mapping[str, Any]
    body: str
    event: Mapping[str, Any]
    rule_arn: str = ""
    """The rule that sends it, where one does: a function's policy has to let it."""

    @property
    def arn(self) -> str:
        """The target's ARN."""
        return str(self.target["Arn"])

    @property
    def place(self) -> tuple[str, str]:
        """The account and Region the target lies in."""
        parts = self.arn.split(":")
        return parts[4], parts[3]


class Targets:
    """Gives parcels to services, in-process. What they refuse becomes a TargetError."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._cloud = cloud
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._takers: dict[str, Callable[[Parcel], None]] = {
            "sqs": self._sqs,
            "sns": self._sns,
            "lambda": self._lambda,
            "states": self._states,
            "logs": self._logs,
            "kinesis": self._kinesis,
            "firehose": self._firehose,
        }

    def client(self, service: str, account: str, region: str) -> Any:
        """A client that calls once and checks nothing itself."""
        key = (service, account, region)
        if key not in self._clients:
            options = Config(parameter_validation=False, retries={"total_max_attempts": 1})
            session = self._cloud.session(account, region)
            self._clients[key] = session.client(service, config=options)
        return self._clients[key]

    def take(self, parcel: Parcel) -> None:
        """Deliver once. Raises TargetError."""
        parts = parcel.arn.split(":")
        service = parts[2] if len(parts) > 5 else ""
        taker = self._takers.get(service)
        if taker is None:
            raise TargetError(
                "INVALID_PARAMETER",
                f"Paddock delivers no events to {parcel.arn}",
                retriable=False,
            )
        self.call(lambda: taker(parcel))

    def call(self, act: Callable[[], Any]) -> Any:
        """Do `act`, with a service's error as TargetError."""
        try:
            return act()
        except ClientError as error:
            raise as_target_error(error) from error
        except (BotoCoreError, OSError) as error:
            raise TargetError("CONNECTION_FAILURE", str(error), retriable=True) from error

    def send_message(
        self, arn: str, body: str, attributes: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        """Put a message into the queue with this ARN."""
        account, region = arn.split(":")[4], arn.split(":")[3]
        self.client("sqs", account, region).send_message(
            QueueUrl=queue_url(arn),
            MessageBody=body,
            **({"MessageAttributes": _as_attributes(attributes)} if attributes else {}),
            **options,
        )

    def _sqs(self, parcel: Parcel) -> None:
        group = (parcel.target.get("SqsParameters") or {}).get("MessageGroupId")
        self.send_message(parcel.arn, parcel.body, **({"MessageGroupId": group} if group else {}))

    def _sns(self, parcel: Parcel) -> None:
        self.client("sns", *parcel.place).publish(TopicArn=parcel.arn, Message=parcel.body)

    def _lambda(self, parcel: Parcel) -> None:
        if parcel.rule_arn and not invokes(parcel.arn, "events.amazonaws.com", parcel.rule_arn):
            told = f"{parcel.arn} has no permission for events.amazonaws.com from {parcel.rule_arn}"
            raise TargetError("NO_PERMISSIONS", told, retriable=False)
        self.client("lambda", *parcel.place).invoke(
            FunctionName=parcel.arn, InvocationType="Event", Payload=parcel.body.encode()
        )

    def _states(self, parcel: Parcel) -> None:
        name = f"{parcel.event.get('id', '')}_{mock_random.uuid4()}"[:80]
        self.client("stepfunctions", *parcel.place).start_execution(
            stateMachineArn=parcel.arn, name=name, input=parcel.body
        )

    def _logs(self, parcel: Parcel) -> None:
        group = parcel.arn.split(":", 6)[6].removesuffix(":*")
        stream = str(mock_random.uuid4())
        logs = self.client("logs", *parcel.place)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now_ms = self._world.clock.unix_s * 1000  # not whole: moto's clients look for a float
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": now_ms, "message": parcel.body}],
        )

    def _kinesis(self, parcel: Parcel) -> None:
        path = (parcel.target.get("KinesisParameters") or {}).get("PartitionKeyPath")
        key = select(parcel.event, path) if path else None
        self.client("kinesis", *parcel.place).put_record(
            StreamName=parcel.arn.rpartition("/")[2],
            Data=parcel.body.encode(),
            PartitionKey=str(key if key is not None else parcel.event.get("id", "")),
        )

    def _firehose(self, parcel: Parcel) -> None:
        self.client("firehose", *parcel.place).put_record(
            DeliveryStreamName=parcel.arn.rpartition("/")[2],
            Record={"Data": parcel.body.encode()},
        )

    def post(self, parcel: Parcel, destination: Any, connection: Any) -> None:
        """Send a parcel to an API destination: a partner host of this world. Raises TargetError."""
        http = parcel.target.get("HttpParameters") or {}
        url = str(destination.invocation_endpoint)
        for value in http.get("PathParameterValues", ()):
            url = url.replace("*", quote(str(value), safe=""), 1)
        query = http.get("QueryStringParameters") or {}
        if query:
            url += f"?{urlencode(query)}"
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Amazon/EventBridge/ApiDestinations",
            **authorisation(connection),
            **(http.get("HeaderParameters") or {}),
        }
        request = HttpRequest(str(destination.http_method), url, headers, parcel.body.encode())
        response = self.call(lambda: self._cloud.network.send(request))
        if response.status >= 400:
            # Developer guide, "API destinations": 409, 429 and 5xx are tried again.
            again = response.status in (401, 407, 409, 429) or response.status >= 500
            raise TargetError(
                "THROTTLING" if response.status == 429 else "ERROR_FROM_TARGET",
                f"HTTP {response.status} from {url}",
                retriable=again,
            )


def as_target_error(error: ClientError) -> TargetError:
    """A service's error in EventBridge's words (User Guide, "Dead-letter queues", error codes)."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    word, retriable = _verdict(code.lower().replace("_", "").replace(".", ""), status)
    return TargetError(word, message or code, retriable=retriable, told=code)


def _verdict(code: str, status: int) -> tuple[str, bool]:
    """EventBridge's word for an error, and whether trying again may help."""
    if any(word in code for word in _THROTTLED) or status == 429:
        return "THROTTLING", True
    if status == 501:
        return "SDK_CLIENT_ERROR", False
    if status >= 500:
        return "INTERNAL_ERROR", True
    if any(word in code for word in _DENIED) or status == 403:
        return "NO_PERMISSIONS", False
    if any(word in code for word in _ABSENT) or status == 404:
        return "NO_RESOURCE", False
    return "INVALID_PARAMETER", False


def queue_url(arn: str) -> str:
    """The URL of the queue with this ARN."""
    _, _, _, region, account, name = arn.split(":", 5)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def _as_attributes(attributes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {
        name: {"DataType": "String", "StringValue": value}
        for name, value in attributes.items()
        if value
    }


def authorisation(connection: Any) -> dict[str, str]:
    """The headers that a connection adds; OAuth is not played."""
    parameters = getattr(connection, "auth_parameters", None) or {}
    headers: dict[str, str] = {}
    key = parameters.get("ApiKeyAuthParameters")
    if key:
        headers[key["ApiKeyName"]] = key.get("ApiKeyValue", "")
    basic = parameters.get("BasicAuthParameters")
    if basic:
        pair = f"{basic['Username']}:{basic.get('Password', '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    for entry in (parameters.get("InvocationHttpParameters") or {}).get("HeaderParameters", ()):
        value = entry.get("Value", "")
        headers[entry["Key"]] = value if isinstance(value, str) else json.dumps(value)
    return headers
