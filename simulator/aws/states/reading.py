"""ItemReader: the items of a Distributed Map, out of S3.

Sources: AWS Step Functions Developer Guide, "ItemReader (Map)".
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import (
    resource_eval_s3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.item_reader_decl import (  # noqa: E501
    ItemReader,
)

from simulator.aws.seams import replace
from simulator.aws.states import failures
from simulator.kernel import current_fiber

S3: Any = resource_eval_s3.ResourceEvalS3
plain_read: Any = ItemReader._eval_body
_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def install() -> None:
    """Read what AWS reads: pages of objects, JSON Lines, inventories, other delimiters."""
    replace(ItemReader, "_eval_body", _read)
    replace(S3, "_handle_list_objects_v2", staticmethod(_list_objects))


def _read(reader: ItemReader, env: Any) -> None:
    fiber = current_fiber()
    state = fiber.context.get("map_state") if fiber else None
    beyond = vars(state).get("taken_out", {}).get("ReaderConfig") if state else None
    if not beyond:
        plain_read(reader, env)
        return
    if reader.parargs:
        reader.parargs.eval(env=env)
    else:
        env.stack.append({})
    reader.resource_eval.eval_resource(env=env)
    text = env.stack.pop()
    config: dict[str, Any] = {}
    if reader.reader_config:
        reader.reader_config.eval(env=env)
        config = dict(env.stack.pop())
    most = config.get("MaxItemsValue")
    items = list(_items(text, config, beyond, env))
    env.stack.append(items[:most] if most else items)


def _items(text: Any, config: dict[str, Any], beyond: dict[str, Any], env: Any) -> Iterator[Any]:
    kind = beyond.get("InputType") or config.get("InputType")
    kind = str(kind).rpartition(".")[2]
    if not isinstance(text, str):
        yield from text
    elif kind == "JSONL":
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
    elif kind == "MANIFEST":
        yield from _inventory(json.loads(text), env)
    elif kind == "CSV":
        delimiter = _DELIMITERS.get(beyond.get("CSVDelimiter", "COMMA"), ",")
        rows = csv.reader(io.StringIO(text), delimiter=delimiter)
        headers = config.get("CSVHeaders") or next(rows, [])
        for row in rows:
            padded = [*row, *[""] * len(headers)]
            yield dict(zip(headers, padded, strict=False))
    elif kind == "JSON":
        found = _pointed(json.loads(text), beyond.get("ItemsPointer", ""))
        if isinstance(found, dict):
            yield from ({"Key": key, "Value": value} for key, value in found.items())
        elif isinstance(found, list):
            yield from found
        else:
            raise _unreadable(env, "Attempting to map over non-iterable node.")
    else:
        raise _unreadable(env, f"Items of the type {kind} are not read here.")


def _pointed(value: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def _inventory(manifest: dict[str, Any], env: Any) -> Iterator[Any]:
    """The objects of an S3 inventory in CSV, each file of it packed with gzip."""
    s3: Any = resource_eval_s3.boto_client_for(
        region=env.aws_execution_details.region, service="s3", state_credentials=None
    )
    bucket = str(manifest["destinationBucket"]).rpartition(":")[2]
    headers = [name.strip() for name in manifest["fileSchema"].split(",")]
    for file in manifest["files"]:
        packed = s3.get_object(Bucket=bucket, Key=file["key"])["Body"].read()
        unpacked = gzip.decompress(packed) if file["key"].endswith(".gz") else packed
        for row in csv.reader(io.StringIO(unpacked.decode())):
            yield dict(zip(headers, row, strict=False))


def _list_objects(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    """The objects of a bucket, all pages of them."""
    s3 = S3._get_s3_client(
        resource_runtime_part=resource_runtime_part, state_credentials=state_credentials
    )
    parameters = dict(env.stack.pop())
    found: list[dict[str, Any]] = []
    while True:
        page = s3.list_objects_v2(**parameters)
        found += [
            {
                "Etag": each["ETag"],
                "Key": each["Key"],
                "LastModified": int(each["LastModified"].timestamp()),
                "Size": each["Size"],
                "StorageClass": each["StorageClass"],
            }
            for each in page.get("Contents", ())
        ]
        if not page.get("IsTruncated"):
            break
        parameters["ContinuationToken"] = page["NextContinuationToken"]
    env.stack.append(found)


def _unreadable(env: Any, cause: str) -> FailureEventException:
    return failures.failed(env, "mapRunFailed", "States.ItemReaderFailed", cause)
