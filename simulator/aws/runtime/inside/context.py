"""The context object and the environment variables that a handler sees, as Lambda gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


class _Mobile:
    """A value of plain attributes, absent ones None (client context, Cognito identity)."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __repr__(self) -> str:
        inside = ",".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}([{inside}])"


class CognitoIdentity(_Mobile):
    """Always empty here: no invocation comes from a mobile SDK."""


class Client(_Mobile):
    """The `client` part of a client context."""


class ClientContext(_Mobile):
    """What a caller passed as ClientContext."""


class LambdaContext:
    """The handler's second argument.

    Source: AWS docs, "Using the Lambda context object to retrieve Python function information".
    """

    def __init__(
        self, header: dict[str, Any], environ: dict[str, str], now_s: Callable[[], float]
    ) -> None:
        """Describe one invocation; the deadline is in virtual unix seconds."""
        self.aws_request_id: str = header["request_id"]
        self.invoked_function_arn: str = header["function_arn"]
        self.function_name = environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version: str = header["function_version"]
        self.memory_limit_in_mb = environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = CognitoIdentity(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = _client_context(header["client_context"])
        self._deadline_s = float(header["deadline"])
        self._now_s = now_s

    def get_remaining_time_in_millis(self) -> int:
        """Tell the virtual milliseconds left before the function times out."""
        return max(0, round((self._deadline_s - self._now_s()) * 1000))

    def log(self, text: object) -> None:
        """Write to the function's log."""
        import sys

        sys.stdout.write(str(text))

    def __repr__(self) -> str:
        """Show the public attributes."""
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return "LambdaContext([" + ",".join(f"{name}={shown[name]!s}" for name in shown) + "])"


def _client_context(text: str) -> ClientContext | None:
    if not text:
        return None
    data = json.loads(text)
    client = data.get("client") or {}
    names = ["installation_id", "app_title", "app_version_name", "app_version_code"]
    names.append("app_package_name")
    return ClientContext(
        client=Client(**{name: client.get(name) for name in names}),
        custom=data.get("custom"),
        env=data.get("env"),
    )


def variables(spec: dict[str, Any], tmp: str) -> dict[str, str]:
    """Build the environment (source: AWS docs, "Working with Lambda environment variables").

    `tmp` is the path of the environment's /tmp as the process sees it.
    """
    values: dict[str, str] = {
        "AWS_DEFAULT_REGION": spec["region"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec['runtime']}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec["memory_mb"]),
        "AWS_LAMBDA_FUNCTION_NAME": spec["function_name"],
        "AWS_LAMBDA_FUNCTION_VERSION": spec["function_version"],
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec["log_group"] or f"/aws/lambda/{spec['function_name']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": spec["log_stream"],
        "AWS_REGION": spec["region"],
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "TZ": ":UTC",
        "_HANDLER": spec["handler"],
    }
    if tmp != "/tmp":  # noqa: S108 - a path inside the environment
        values["TMPDIR"] = tmp
    values.update(spec["env"])
    return values
