"""Provisioned concurrency: environments of a version that are ready before anybody calls.

Source: Lambda Developer Guide, "Configuring provisioned concurrency for a function".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from simulator.aws.functions import checks
from simulator.aws.functions.exceptions import NoProvisionedConfig
from simulator.aws.functions.later import qualifier_of
from simulator.kernel.fiber import sleep
from simulator.model.concurrency import UNRESERVED_LEAST

if TYPE_CHECKING:
    from simulator.aws.functions.door import Door
    from simulator.aws.functions.models import VirtualFunction
    from simulator.world import World

_ALLOCATION_S = 60.0  # "a minute or two" for the first environments, at up to 6,000 a minute after


class Provisioning:
    """The part of Lambda's backend that keeps environments ready."""

    world: World
    door: Door
    account_id: str
    region_name: str

    def resolve(self, name: str, qualifier: str | None = None) -> tuple[VirtualFunction, str]:
        """See the backend."""
        raise NotImplementedError

    def set_aside(self, but: str = "") -> int:
        """See the backend."""
        raise NotImplementedError

    def put_provisioned(self, name: str, qualifier: str, wanted: int) -> dict[str, Any]:
        """Ask for environments of a version or an alias; they are ready a minute later."""
        if qualifier == "$LATEST":
            raise checks.invalid(
                "Provisioned Concurrency Configs cannot be applied to unpublished function "
                "versions."
            )
        function, arn = self.resolve(name, qualifier)
        version, pool = function, self.door.functions.pool(self.account_id, self.region_name)
        others = sum(
            int(each["wanted"]) for key, each in function.provisioned.items() if key != qualifier
        )
        reserved = function.reserved
        if reserved is not None and others + wanted > reserved:
            raise checks.invalid(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        left = pool.limit - self.set_aside(but=function.function_name) - others
        if reserved is None and left - wanted < UNRESERVED_LEAST:
            raise checks.invalid(
                "Specified ConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_LEAST}]."
            )
        config = {
            "arn": arn,
            "wanted": wanted,
            "ready": 0,
            "version": str(version.version),
            "changed": utcnow().strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }
        function.provisioned[qualifier] = config
        self._record(function, qualifier, wanted)
        self.world.spawn(
            self._allocate,
            function,
            qualifier,
            config,
            name=f"provisioned concurrency of {function.function_name}",
            actor="lambda",
            daemon=True,
        )
        return shown(config)

    def _allocate(self, function: VirtualFunction, qualifier: str, config: dict[str, Any]) -> None:
        sleep(_ALLOCATION_S)
        if function.provisioned.get(qualifier) is config:
            total = function.provisioned_ready() + int(config["wanted"])
            self.door.functions.provision(function, total)
            config["ready"] = config["wanted"]
            self._record(function, qualifier, int(config["wanted"]), ready=True)

    def get_provisioned(self, name: str, qualifier: str) -> dict[str, Any]:
        """One configuration. Raises NoProvisionedConfig."""
        function, arn = self.resolve(name, qualifier)
        config = function.provisioned.get(qualifier_of(arn))
        if config is None:
            raise NoProvisionedConfig
        return shown(config)

    def delete_provisioned(self, name: str, qualifier: str) -> None:
        """End it: its environments are as any other."""
        function, arn = self.resolve(name, qualifier)
        if function.provisioned.pop(qualifier_of(arn), None) is not None:
            self.door.functions.provision(function, function.provisioned_ready())
            self._record(function, qualifier, 0)

    def provisioned(self, name: str) -> Iterable[dict[str, Any]]:
        """All of a function's."""
        function, _ = self.resolve(name)
        return [{"FunctionArn": e["arn"], **shown(e)} for e in function.provisioned.values()]

    def _record(
        self, function: VirtualFunction, qualifier: str, count: int, *, ready: bool = False
    ) -> None:
        self.world.record(
            "lambda.provisioned",
            function=function.function_name,
            qualifier=qualifier,
            version=str(function.version),
            count=count,
            ready=ready,
            memory_mb=int(function.memory_size),
            architecture=function.architectures[0],
            account=function.account_id,
            region=function.region,
        )


def shown(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as the API tells it."""
    ready = config["ready"]
    return {
        "RequestedProvisionedConcurrentExecutions": config["wanted"],
        "AvailableProvisionedConcurrentExecutions": ready,
        "AllocatedProvisionedConcurrentExecutions": ready,
        "Status": "READY" if ready == config["wanted"] else "IN_PROGRESS",
        "LastModified": config["changed"],
    }
