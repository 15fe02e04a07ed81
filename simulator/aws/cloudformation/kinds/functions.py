"""Lambda: functions, versions, aliases, layers, permissions, mappings, addresses."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone, pick
from simulator.aws.cloudformation.kinds.cfnresponse import HELPERS
from simulator.aws.cloudformation.kinds.function_versions import (
    Alias,
    LayerVersion,
    LayerVersionPermission,
    Version,
)

_CONFIGURATION = (
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "SnapStart",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)


_NAMES = {"KmsKeyArn": "KMSKeyArn"}
"""What Lambda's calls have under another name than the template."""


def _told(job: Job, names: Iterable[str]) -> dict[str, Any]:
    """Properties as Lambda's calls take them."""
    given = pick(job.properties, names)
    return {_NAMES.get(name, name): value for name, value in given.items()}


def _code(job: Job) -> dict[str, Any]:
    """The code of a function as CreateFunction takes it; inline code becomes a file."""
    given = dict(job.get("Code") or {})
    text = given.pop("ZipFile", None)
    given.pop("SourceKMSKeyArn", None)
    if text is not None:
        runtime = str(job.get("Runtime", ""))
        name = "index.js" if runtime.startswith("nodejs") else "index.py"
        package = io.BytesIO()
        helper = "cfn-response.js" if name == "index.js" else "cfnresponse.py"
        with zipfile.ZipFile(package, "w") as archive:
            for path, content in ((name, str(text)), (helper, HELPERS[helper])):
                entry = zipfile.ZipInfo(path)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        given["ZipFile"] = package.getvalue()
    return given


class Function(Kind):
    """AWS::Lambda::Function."""

    seconds = 6.0
    unmade = frozenset({"CapacityProviderConfig", "DurableConfig", "TenancyConfig"})

    def create(self, job: Job) -> str:
        """CreateFunction."""
        functions = job.client("lambda")
        name = job.get("FunctionName") or job.name(64)
        options = _told(job, (*_CONFIGURATION, "Architectures", "PackageType"))
        made = functions.create_function(
            FunctionName=name,
            Code=_code(job),
            Tags={
                **job.tags(),
                "aws:cloudformation:stack-name": job.stack.name,
                "aws:cloudformation:stack-id": job.stack.stack_id,
                "aws:cloudformation:logical-id": job.logical_id,
            },
            **options,
        )
        job.attributes["Arn"] = made["FunctionArn"]
        job.begun(name)
        self._concurrency(job, name)
        return str(name)

    def _concurrency(self, job: Job, name: str) -> None:
        functions = job.client("lambda")
        reserved = job.get("ReservedConcurrentExecutions")
        if reserved is not None:
            functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=reserved
            )
        elif job.before.get("ReservedConcurrentExecutions") is not None and job.before is not (
            job.properties
        ):
            functions.delete_function_concurrency(FunctionName=name)
        if job.get("RecursiveLoop") is not None:
            functions.put_function_recursion_config(
                FunctionName=name, RecursiveLoop=job.get("RecursiveLoop")
            )

    def update(self, job: Job) -> None:
        """UpdateFunctionCode and UpdateFunctionConfiguration."""
        functions, name = job.client("lambda"), job.physical_id
        if job.changed("Code", "Architectures"):
            code = _code(job)
            functions.update_function_code(
                FunctionName=name, **code, **pick(job.properties, ["Architectures"])
            )
        if job.changed(*_CONFIGURATION):
            options = _told(job, _CONFIGURATION)
            for member, empty in _EMPTY.items():
                if member in job.before and member not in job.properties:
                    options[_NAMES.get(member, member)] = empty
            functions.update_function_configuration(FunctionName=name, **options)
        if job.changed("ReservedConcurrentExecutions", "RecursiveLoop"):
            self._concurrency(job, name)

    def delete(self, job: Job) -> None:
        """DeleteFunction."""
        job.client("lambda").delete_function(FunctionName=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """GetFunctionConfiguration."""
        functions, name = job.client("lambda"), job.physical_id
        found = functions.get_function_configuration(FunctionName=name)
        read = pick(found, (*_CONFIGURATION, "Architectures", "PackageType", "FunctionName"))
        if "KMSKeyArn" in found:
            read["KmsKeyArn"] = found["KMSKeyArn"]
        if "Layers" in read:
            read["Layers"] = [layer["Arn"] for layer in read["Layers"]]
        if "Environment" in read:
            read["Environment"] = {"Variables": read["Environment"].get("Variables", {})}
        for member in ("VpcConfig", "SnapStart", "LoggingConfig", "TracingConfig"):
            if isinstance(job.get(member), dict) and member in read:
                read[member] = pick(read[member], job.get(member))
        return read


_EMPTY: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "FileSystemConfigs": [],
    "KmsKeyArn": "",
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}


_PERMISSION = (
    "Action",
    "EventSourceToken",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)
_INVOKE = (
    "DestinationConfig",
    "FunctionName",
    "MaximumEventAgeInSeconds",
    "MaximumRetryAttempts",
    "Qualifier",
)


class Permission(Kind):
    """AWS::Lambda::Permission."""

    def create(self, job: Job) -> str:
        """AddPermission."""
        statement = job.name(100)
        options = pick(
            job.properties,
            _PERMISSION,
        )
        job.client("lambda").add_permission(
            FunctionName=job.get("FunctionName"), StatementId=statement, **options
        )
        job.attributes["Id"] = statement
        return statement

    def delete(self, job: Job) -> None:
        """RemovePermission."""
        job.client("lambda").remove_permission(
            FunctionName=job.get("FunctionName"), StatementId=job.physical_id
        )

    def read(self, job: Job) -> dict[str, Any] | None:
        """Whether the statement is there."""
        found = job.client("lambda").get_policy(FunctionName=job.get("FunctionName"))
        statements = json.loads(found["Policy"])["Statement"]
        there = any(each.get("Sid") == job.physical_id for each in statements)
        return dict(job.properties) if there else None


_MAPPING = (
    "AmazonManagedKafkaEventSourceConfig",
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "DocumentDBEventSourceConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "SourceAccessConfigurations",
    "TumblingWindowInSeconds",
)
_MAPPING_FIXED = (
    "EventSourceArn",
    "Queues",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
)


class EventSourceMapping(Kind):
    """AWS::Lambda::EventSourceMapping."""

    seconds = 15.0

    def create(self, job: Job) -> str:
        """CreateEventSourceMapping."""
        made = job.client("lambda").create_event_source_mapping(
            **pick(job.properties, (*_MAPPING, *_MAPPING_FIXED))
        )
        mapping_id = str(made["UUID"])
        job.attributes["Id"] = mapping_id
        job.attributes["EventSourceMappingArn"] = made.get("EventSourceMappingArn") or (
            f"arn:aws:lambda:{job.stack.region_name}:{job.stack.account_id}:"
            f"event-source-mapping:{mapping_id}"
        )
        return mapping_id

    def update(self, job: Job) -> None:
        """UpdateEventSourceMapping."""
        options = pick(job.properties, _MAPPING)
        if "FilterCriteria" in job.before and "FilterCriteria" not in options:
            options["FilterCriteria"] = {"Filters": []}
        if "Enabled" in job.before and "Enabled" not in options:
            options["Enabled"] = True
        job.client("lambda").update_event_source_mapping(UUID=job.physical_id, **options)

    def delete(self, job: Job) -> None:
        """DeleteEventSourceMapping."""
        job.client("lambda").delete_event_source_mapping(UUID=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """GetEventSourceMapping."""
        found = job.client("lambda").get_event_source_mapping(UUID=job.physical_id)
        read = pick(found, _MAPPING)
        read["Enabled"] = found.get("State") in ("Enabled", "Enabling", "Creating")
        read.pop("FunctionName", None)
        read["EventSourceArn"] = found.get("EventSourceArn")
        return read


class EventInvokeConfig(Kind):
    """AWS::Lambda::EventInvokeConfig."""

    def create(self, job: Job) -> str:
        """PutFunctionEventInvokeConfig."""
        self.update(job)
        return f"{job.get('FunctionName')}|{job.get('Qualifier')}"

    def update(self, job: Job) -> None:
        """PutFunctionEventInvokeConfig."""
        job.client("lambda").put_function_event_invoke_config(
            **pick(
                job.properties,
                _INVOKE,
            )
        )

    def delete(self, job: Job) -> None:
        """DeleteFunctionEventInvokeConfig."""
        job.client("lambda").delete_function_event_invoke_config(
            **pick(job.properties, ("FunctionName", "Qualifier"))
        )


class Url(Kind):
    """AWS::Lambda::Url."""

    def create(self, job: Job) -> str:
        """CreateFunctionUrlConfig."""
        made = job.client("lambda").create_function_url_config(**self._options(job))
        job.attributes.update({"FunctionUrl": made["FunctionUrl"]})
        job.attributes["FunctionArn"] = made["FunctionArn"]
        return str(made["FunctionArn"])

    def _options(self, job: Job) -> dict[str, Any]:
        options = pick(job.properties, ("AuthType", "Cors", "InvokeMode", "Qualifier"))
        return {"FunctionName": job.get("TargetFunctionArn"), **options}

    def update(self, job: Job) -> None:
        """UpdateFunctionUrlConfig."""
        job.client("lambda").update_function_url_config(**self._options(job))

    def delete(self, job: Job) -> None:
        """DeleteFunctionUrlConfig."""
        try:
            job.client("lambda").delete_function_url_config(
                FunctionName=job.get("TargetFunctionArn"), **pick(job.properties, ["Qualifier"])
            )
        except Exception as error:
            if not is_gone(error):
                raise


KINDS: dict[str, type[Kind]] = {
    "AWS::Lambda::Alias": Alias,
    "AWS::Lambda::EventInvokeConfig": EventInvokeConfig,
    "AWS::Lambda::EventSourceMapping": EventSourceMapping,
    "AWS::Lambda::Function": Function,
    "AWS::Lambda::LayerVersion": LayerVersion,
    "AWS::Lambda::LayerVersionPermission": LayerVersionPermission,
    "AWS::Lambda::Permission": Permission,
    "AWS::Lambda::Url": Url,
    "AWS::Lambda::Version": Version,
}
