"""A function as moto keeps it, with what moto leaves out: its own settings, versions' and policies.

A published version is a copy of its function; what belongs to the function as a whole (policies,
asynchronous settings, URLs, provisioned concurrency, each by qualifier) they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaFunction, LayerVersion
from moto.awslambda.policy import Policy
from moto.core.utils import iso_8601_datetime_with_nanoseconds

from simulator.aws.functions import checks, layers, runtimes

if TYPE_CHECKING:
    from simulator.aws.functions.door import Door
    from simulator.world import World

LATEST = "$LATEST"


class WholePolicy(Policy):
    """What moto and others take for a function's policy: the statements of every qualifier.

    Each statement's Resource says for which it is; a new one is the function's own.
    """

    def __init__(self, parent: LambdaFunction, policies: dict[str, Policy]) -> None:
        self._policies = policies
        super().__init__(parent)

    @property
    def statements(self) -> list[dict[str, Any]]:
        """All of them."""
        return [each for policy in self._policies.values() for each in policy.statements]

    @statements.setter
    def statements(self, _: list[dict[str, Any]]) -> None:
        """They are kept by qualifier."""

    def add_statement(self, raw: str, qualifier: str | None = None) -> tuple[Any, str]:
        """Add one to the function's own."""
        return self._policies[""].add_statement(raw, qualifier)

    def del_statement(self, sid: str, revision: str = "") -> None:
        """Take one out of the function's own."""
        self._policies[""].del_statement(sid, revision)


class VirtualFunction(LambdaFunction):
    """One version of a function. `revision` counts its changes."""

    world: World
    door: Door

    def __init__(
        self, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1
    ) -> None:
        self.revision = 0
        self.layer_versions: list[LayerVersion] = []
        checks.configuration(spec)
        super().__init__(account_id, {**spec, "VpcConfig": _vpc(spec)}, region, version)
        self._log_to(spec.get("LoggingConfig"))
        self.dead_letter_config: dict[str, Any] = spec.get("DeadLetterConfig") or {}
        self.file_systems = self._checked_mounts(spec.get("FileSystemConfigs") or [])
        self.policies: dict[str, Policy] = {"": self.policy}
        self.policy = WholePolicy(self, self.policies)
        self.invoke_configs: dict[str, dict[str, Any]] = {}
        self.url_configs: dict[str, Any] = {}
        self.provisioned: dict[str, dict[str, Any]] = {}
        self.versions_made = 0
        self.snap_start = str((spec.get("SnapStart") or {}).get("ApplyOn") or "None")
        self.loops = {"RecursiveLoop": "Terminate"}
        self.published_as: int | None = None
        checks.code(self)
        if self.run_time in runtimes.RETIRED:
            self.world.record(
                "lambda.runtime_retired", function=self.function_name, runtime=self.run_time
            )

    def __copy__(self) -> VirtualFunction:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def __deepcopy__(self, _memo: dict[int, Any]) -> VirtualFunction:
        return self.__copy__()  # moto does so only to give an answer another version or ARN

    @property
    def recursive_loop(self) -> str:
        """What happens when it is found in a recursive loop: Terminate or Allow."""
        return self.loops["RecursiveLoop"]

    @property
    def reserved(self) -> int | None:
        """The reserved concurrency of the function, whichever version runs."""
        from simulator.aws.functions.backend import backend_of

        latest = backend_of(self.account_id, self.region).latest(self.function_name)
        found = latest.reserved_concurrency if latest is not None else None
        return None if found is None else int(found)

    def provisioned_ready(self) -> int:
        """How many environments of this version are kept ready."""
        if not self.provisioned:
            return 0
        return sum(
            int(config["ready"])
            for config in self.provisioned.values()
            if str(config["version"]) == str(self.version)
        )

    def mounts(self) -> list[tuple[str, str]]:
        """The file systems that it sees: each one's folder, and the path it is seen at."""
        return [(str(each["folder"]), str(each["LocalMountPath"])) for each in self.file_systems]

    def policy_of(self, qualifier: str | None) -> Policy:
        """The policy of a version or an alias, or of the function without one."""
        key = "" if qualifier in (None, "", LATEST) else str(qualifier)
        if key not in self.policies:
            self.policies[key] = Policy(self)
        return self.policies[key]

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        """Put changed settings in force: all that UpdateFunctionConfiguration takes."""
        given = {key: value for key, value in config_updates.items() if value is not None}
        if "Environment" in given:
            given["Environment"] = {"Variables": given["Environment"].get("Variables") or {}}
        checks.configuration(given, function=self)
        if "EphemeralStorage" in given:
            self.ephemeral_storage = given["EphemeralStorage"]["Size"]
        if "DeadLetterConfig" in given:
            self.dead_letter_config = given["DeadLetterConfig"] or {}
        if "FileSystemConfigs" in given:
            self.file_systems = self._checked_mounts(given["FileSystemConfigs"])
        if "TracingConfig" in given:
            self.tracing_config = given["TracingConfig"]
        if "SnapStart" in given:
            self.snap_start = str(given["SnapStart"].get("ApplyOn") or "None")
        if "KMSKeyArn" in given:
            self.kms_key_arn = given["KMSKeyArn"]
        if "Runtime" in given and given["Runtime"] in runtimes.RETIRED:
            self.world.record(
                "lambda.runtime_retired", function=self.function_name, runtime=given["Runtime"]
            )
        if "LoggingConfig" in given:
            self._log_to(given["LoggingConfig"])
        if "VpcConfig" in given:
            given["VpcConfig"] = _vpc(given)
        before = (self.layers, self.layer_versions)
        super().update_configuration(given)
        try:
            checks.unpacked(self)
        except Exception:
            self.layers, self.layer_versions = before
            raise
        self._changed()
        return self.get_configuration()

    def update_function_code(self, updated_spec: dict[str, Any]) -> dict[str, Any]:
        """Put new code in force, unless it is a dry run."""
        checks.upload(updated_spec, "UpdateFunctionCode")
        self.code = dict(self.code)  # a published version keeps its own
        before = dict(self.__dict__)
        super().update_function_code(updated_spec)
        try:
            checks.code(self)
        except Exception:
            self.__dict__.update(before)
            raise
        if updated_spec.get("Architectures"):
            self.architectures = updated_spec["Architectures"]
        if not updated_spec.get("DryRun"):
            self._changed()
        return self.get_configuration()

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        """The configuration as the API tells it."""
        told = super().get_configuration(on_create)
        if self.logging:
            told["LoggingConfig"] = self.logging
        if self.dead_letter_config.get("TargetArn"):
            told["DeadLetterConfig"] = self.dead_letter_config
        told["SnapStart"] = {"ApplyOn": self.snap_start, "OptimizationStatus": "Off"}
        if self.file_systems:
            told["FileSystemConfigs"] = [
                {"Arn": each["Arn"], "LocalMountPath": each["LocalMountPath"]}
                for each in self.file_systems
            ]
        return told

    def invoke(self, body: Any, request_headers: Any, response_headers: Any) -> str | bytes:
        """moto's way in: services that hold the function itself, and mostly do not wait."""
        return self.door.enter(self, body, request_headers or {}, response_headers)

    def _log_to(self, config: dict[str, Any] | None) -> None:
        group = (config or {}).get("LogGroup") or f"/aws/lambda/{self.function_name}"
        self.logs_group_name = str(group)
        defaults = {"LogFormat": "Text", "LogGroup": self.logs_group_name}
        if (config or {}).get("LogFormat") == "JSON":
            defaults |= {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
        self.logging = {**defaults, **config} if config else {}

    def logging_variables(self) -> dict[str, str]:
        """What its runtime is told of how it logs."""
        if self.logging.get("LogFormat") != "JSON":
            return {}
        level = str(self.logging["ApplicationLogLevel"])
        return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": level}

    def _changed(self) -> None:
        self.revision += 1
        self.last_modified = iso_8601_datetime_with_nanoseconds()

    def _get_layers_data(self, layers_versions_arns: list[str]) -> list[Any]:
        self.layer_versions = layers.attached(
            layers_versions_arns, self.account_id, self.region, kept=self.layer_versions
        )
        return [{"Arn": layer.arn, "CodeSize": layer.code_size} for layer in self.layer_versions]

    def _checked_mounts(self, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not wanted:
            return []
        from moto.efs.models import efs_backends  # brings in EC2: only where it is used

        backend = efs_backends[self.account_id][self.region]
        found = []
        for each in wanted:
            arn = str(each.get("Arn", ""))
            point = backend.access_points.get(arn.rpartition("/")[2])
            if point is None:
                raise checks.invalid(
                    f"The EFS access point {arn} does not exist. Create it before the function."
                )
            root = str((point.root_directory or {}).get("Path", "/")).strip("/")
            folder = f"{point.file_system_id}/{root}" if root else str(point.file_system_id)
            found.append({**each, "folder": folder})
        return found


def _vpc(spec: dict[str, Any]) -> dict[str, Any] | None:
    """The network settings of a request, with the lists that moto wants; None for none."""
    given = spec.get("VpcConfig") or {}
    if not given.get("SubnetIds") and not given.get("SecurityGroupIds"):
        return given or None
    return {"SubnetIds": [], "SecurityGroupIds": [], **given}
