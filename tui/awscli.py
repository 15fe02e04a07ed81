"""The AWS CLI command that would cause a fact: what `y` copies."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from simulator.journal import Fact

HOME_ACCOUNT = "123456789012"
_SERVICES = {"states": "stepfunctions", "monitoring": "cloudwatch", "s3": "s3api"}
_QUEUE_URL = '"$(aws sqs get-queue-url --queue-name {} --query QueueUrl --output text)"'


class NoCommandError(Exception):
    """No AWS CLI command causes this fact; the message says why."""


def command_for(fact: Fact) -> str:
    """One shell line. Raises NoCommandError for what AWS or the lab did by itself."""
    data = fact.data
    if fact.what == "call":
        return _call(data)
    if fact.what == "sqs.sent":
        queue = _QUEUE_URL.format(shlex.quote(str(data.get("queue", ""))))
        body = shlex.quote(str(data.get("body", "")))
        delay = f" --delay-seconds {data['delay_s']:.0f}" if data.get("delay_s") else ""
        return f"aws sqs send-message --queue-url {queue} --message-body {body}{delay}"
    if fact.what == "lambda.started":
        name = shlex.quote(str(data.get("function", "")))
        return f"aws lambda invoke --function-name {name} /dev/stdout"
    raise NoCommandError(
        f"No one command causes {fact.what}: select a call (f shows the calls) and press y again."
    )


def _call(data: Mapping[str, Any]) -> str:
    service = str(data.get("service", ""))
    action = _kebab(str(data.get("action", "")))
    words = ["aws", _SERVICES.get(service, service), action]
    params = dict(data.get("params") or {})
    fed = ""
    if service == "lambda" and action == "invoke" and "Payload" in params:
        # Version 1 of the CLI wants a blob raw, version 2 in base64; both read this one raw.
        payload, params["Payload"] = params["Payload"], "fileb:///dev/stdin"
        fed = f" <<< {shlex.quote(_text(payload))}"
    for name, value in params.items():
        words += _option(name, value)
    if service == "lambda" and action == "invoke":
        words.append("/dev/stdout")
    region = data.get("region")
    if region:
        words += ["--region", str(region)]
    line = " ".join(shlex.quote(word) for word in words) + fed
    account = str(data.get("account", HOME_ACCOUNT))
    return line if account == HOME_ACCOUNT else f"AWS_ACCESS_KEY_ID={account} {line}"


def _option(name: str, value: Any) -> list[str]:
    flag = _kebab(name)
    if value is True:
        return [f"--{flag}"]
    if value is False:
        return [f"--no-{flag}"]
    return [f"--{flag}", _text(value)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _kebab(name: str) -> str:
    """SendMessage as send-message, as the CLI spells it (DBInstance as db-instance)."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1-\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()
