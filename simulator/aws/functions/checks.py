"""What Lambda refuses in a function: limits of size, names that are its own, values out of range.

Source: Lambda Developer Guide, "Lambda quotas" and "Working with Lambda environment variables".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import InvalidParameterValueException, ValidationException

from simulator.aws.functions import runtimes
from simulator.aws.functions.exceptions import TooLarge
from simulator.aws.functions.packages import UNZIPPED_LIMIT, unzipped_size

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction

ZIPPED_LIMIT = 50 * 1024 * 1024
MOST_LAYERS = 5
_REQUEST_LIMIT = 70_167_211  # bytes of a request that carries a package of 50 MB
_VARIABLES_LIMIT = 4_096
_RESERVED = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION"),
        *("AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        *("AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE"),
        *("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    }
)
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_LOGGING = {
    "LogFormat": ("Text", "JSON"),
    "ApplicationLogLevel": ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
    "SystemLogLevel": ("DEBUG", "INFO", "WARN"),
}
_MOUNT = re.compile(r"/mnt/[a-zA-Z0-9-_.]+")


def invalid(sentence: str) -> InvalidParameterValueException:
    """The error for a value that Lambda does not take."""
    return InvalidParameterValueException(sentence)


def configuration(spec: dict[str, Any], function: VirtualFunction | None = None) -> None:
    """Refuse settings out of range; `function` is what they would change."""
    _within(spec, "MemorySize", "memorySize", 128, 10_240)
    _within(spec, "Timeout", "timeout", 1, 900)
    storage = spec.get("EphemeralStorage")
    if storage:
        _within(storage, "Size", "ephemeralStorage.size", 512, 10_240)
    _variables((spec.get("Environment") or {}).get("Variables") or {})
    if len(spec.get("Layers") or ()) > MOST_LAYERS:
        raise invalid(f"Cannot reference more than {MOST_LAYERS} layers.")
    mounts = spec.get("FileSystemConfigs") or []
    if len(mounts) > 1:
        raise invalid("A function can have one file system at most.")
    for mount in mounts:
        if not _MOUNT.fullmatch(str(mount.get("LocalMountPath", ""))):
            raise ValidationException(
                str(mount.get("LocalMountPath")),
                "fileSystemConfigs.1.member.localMountPath",
                "Member must satisfy regular expression pattern: ^/mnt/[a-zA-Z0-9-_.]+$",
            )
    vpc = spec.get("VpcConfig") or (function.vpc_config if function is not None else None) or {}
    if mounts and not vpc.get("SubnetIds"):
        raise invalid("VpcConfig must be provided when using FileSystemConfigs.")
    _logging(spec.get("LoggingConfig") or {})
    _runtime(spec.get("Runtime"))
    upload(spec.get("Code") or {}, "CreateFunction")


def _logging(config: dict[str, Any]) -> None:
    for member, known in _LOGGING.items():
        value = config.get(member)
        if value is not None and value not in known:
            said = f"Member must satisfy enum value set: [{', '.join(known)}]"
            raise ValidationException(
                str(value), f"loggingConfig.{member[0].lower()}{member[1:]}", said
            )
    levels = [member for member in ("ApplicationLogLevel", "SystemLogLevel") if config.get(member)]
    if levels and config.get("LogFormat") != "JSON":
        raise invalid(f"{levels[0]} can be set only where LogFormat is JSON.")


def _runtime(name: str | None) -> None:
    known = runtimes.names()
    if name and name not in known:
        raise invalid(
            f"Value {name} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(known)}] or be a valid ARN"
        )


def upload(code_spec: dict[str, Any], operation: str) -> None:
    """Refuse a package that is sent along and too large."""
    text = code_spec.get("ZipFile")
    if text and len(text) * 3 // 4 > ZIPPED_LIMIT + 2:
        raise TooLarge(_REQUEST_LIMIT, operation)


def code(function: VirtualFunction) -> None:
    """Refuse code that unpacks to too much, by itself or with its layers."""
    if unzipped_size(getattr(function, "code_bytes", b"")) > UNZIPPED_LIMIT:
        raise invalid(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
    unpacked(function)


def unpacked(function: VirtualFunction) -> None:
    """Refuse a function that is too large with its layers."""
    if not function.layer_versions:
        return
    parts = [getattr(function, "code_bytes", b"")]
    parts += [layer.code_bytes for layer in function.layer_versions]
    size = sum(unzipped_size(part) for part in parts)
    if size > UNZIPPED_LIMIT:
        raise invalid(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{UNZIPPED_LIMIT} bytes. The actual size is {size} bytes."
        )


def _within(spec: dict[str, Any], name: str, member: str, least: int, most: int) -> None:
    value = spec.get(name)
    if value is None:
        return
    if int(value) > most:
        said = f"Member must have value less than or equal to {most}"
        raise ValidationException(str(value), member, said)
    if int(value) < least:
        said = f"Member must have value greater than or equal to {least}"
        raise ValidationException(str(value), member, said)


def _variables(variables: dict[str, Any]) -> None:
    failed = (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided "
    )
    if taken := sorted(_RESERVED & set(variables)):
        raise invalid(
            f"{failed}contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(taken)}"
        )
    for name in variables:
        if not _VARIABLE.fullmatch(str(name)):
            raise ValidationException(
                str(name),
                "environment.variables",
                "Map keys must satisfy constraint: [Member must satisfy regular expression "
                "pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
            )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if variables and len(measured.encode()) > _VARIABLES_LIMIT:
        raise invalid(f"{failed}exceeded the 4KB limit. String measured: {measured}")
