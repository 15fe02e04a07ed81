"""Versions and aliases: what is published, and where an alias sends an execution.

Source: AWS Step Functions Developer Guide, "Manage continuous deployments with versions and
aliases in Step Functions"; sentences recorded from AWS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.exceptions import ResourceNotFound as MissingResource
from moto.stepfunctions.models import StateMachineAlias, StateMachineVersion, StepFunctionBackend

from simulator.aws.states.exceptions import (
    ConflictException,
    InvalidArn,
    ResourceNotFound,
    ValidationException,
)
from simulator.aws.states.revisions import publish as publish_revision
from simulator.aws.states.revisions import revision

if TYPE_CHECKING:
    from simulator.world import World

_LONGEST_NAME = 80
_ALIAS_NAME = re.compile(r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$")
_MISSING = "Request references a resource that does not exist."
_MOST_ROUTES = 2
_WHOLE = 100


def check_routes(routes: list[dict[str, Any]]) -> None:
    """Refuse routes that name distinct versions and still cannot be; the rest moto refuses."""
    arns = [str(route["stateMachineVersionArn"]) for route in routes]
    weights = [route["weight"] for route in routes]
    if len({*arns}) < len(arns):
        return
    if len(routes) > _MOST_ROUTES:
        told = ", ".join(
            f"RoutingConfigurationListItem(stateMachineVersionArn={arn}, weight={weight})"
            for arn, weight in zip(arns, weights, strict=True)
        )
        raise ValidationException(
            f"1 validation error detected: Value '[{told}]' at 'routingConfiguration' failed to "
            f"satisfy constraint: Member must have length less than or equal to {_MOST_ROUTES}"
        )
    for number, weight in enumerate(weights, 1):
        if weight > _WHOLE:
            where = f"routingConfiguration.{number}.member.weight"
            raise ValidationException(
                f"1 validation error detected: Value '{weight}' at '{where}' failed to satisfy "
                f"constraint: Member must have value less than or equal to {_WHOLE}"
            )
    if any(not arn.rpartition(":")[2].isdigit() for arn in arns):
        raise ValidationException(
            "Routing configuration must contain state machine version ARNs. "
            f"Received: [{', '.join(arns)}]"
        )
    if len(routes) == _MOST_ROUTES and sum(weights) != _WHOLE:
        told = ", ".join(map(str, weights))
        raise ValidationException(
            f"Sum of routing configuration weights must equal {_WHOLE}. Received: [{told}]"
        )


class Routes(StepFunctionBackend):
    """The part of the backend that keeps versions and aliases."""

    world: World

    def publish_version(
        self, arn: str, description: str | None, revision_id: str | None
    ) -> StateMachineVersion:
        """Publish the machine as it is; unchanged since the latest version, that one again.

        Source: AWS Step Functions API Reference, "PublishStateMachineVersion".
        """
        machine = self.describe_state_machine(arn)
        if revision_id and revision_id != revision(machine):
            raise ConflictException(
                f"Failed to publish the State Machine version for revision {revision_id}. "
                f"The current State Machine revision is {revision(machine) or 'INITIAL'}."
            )
        return publish_revision(machine, description)

    def delete_version(self, arn: str) -> None:
        """Delete a version that no alias routes to."""
        machine, version = self.version(arn)
        if version is None:
            return
        for alias in machine.aliases.values():
            routes = [route["stateMachineVersionArn"] for route in alias.routing_configuration]
            if arn in routes:
                raise ConflictException(
                    "Version to be deleted must not be referenced by an alias. Current list of "
                    f"aliases referencing this version: [{alias.name}]"
                )
        del machine.versions[version.version]
        if machine.latest_version is version:
            machine.latest_version = next(reversed(machine.versions.values()), None)

    def version(self, arn: str) -> tuple[Any, StateMachineVersion | None]:
        """The machine that a version's ARN names, and the version if it is there."""
        base, _, number = arn.rpartition(":")
        if not number.isdigit():
            raise InvalidArn(f"Invalid Arn: 'Resource type not valid in this context: {arn}'")
        machine = self.describe_state_machine(base)
        return machine, machine.versions.get(int(number))

    def create_state_machine_alias(
        self, name: str, routing_configuration: list[dict[str, Any]], description: str | None
    ) -> StateMachineAlias:
        """Create an alias; the same request again is answered again."""
        if not _ALIAS_NAME.match(name) or len(name) > _LONGEST_NAME:
            rule = f"Member must satisfy regular expression pattern: {_ALIAS_NAME.pattern}"
            if len(name) > _LONGEST_NAME:
                rule = f"Member must have length less than or equal to {_LONGEST_NAME}"
            raise ValidationException(
                f"1 validation error detected: Value '{name}' at 'name' failed to satisfy "
                f"constraint: {rule}"
            )
        arns = [route["stateMachineVersionArn"] for route in routing_configuration]
        if len({*arns}) < len(arns):
            raise ValidationException(
                "Routing configuration must contain distinct state machine version ARNs. "
                f"Received: [{', '.join(arns)}]"
            )
        for machine in self.state_machines:
            alias = machine.aliases.get(name)
            if alias is None or not arns[0].startswith(f"{machine.arn}:"):
                continue
            if (alias.routing_configuration, alias.description) == (
                routing_configuration,
                description,
            ):
                return alias
            raise ConflictException(
                "Failed to create alias because an alias with the same name and a different "
                "routing configuration already exists."
            )
        return super().create_state_machine_alias(name, routing_configuration, description)

    def update_state_machine_alias(
        self,
        arn: str,
        description: str | None,
        routing_configuration: list[dict[str, Any]] | None,
    ) -> StateMachineAlias:
        """Change an alias; later executions see it."""
        check_routes(routing_configuration or [])
        return super().update_state_machine_alias(arn, description, routing_configuration)

    def describe_state_machine_alias(self, arn: str) -> StateMachineAlias:
        """The alias of an ARN."""
        check_prefix(arn)
        try:
            return super().describe_state_machine_alias(arn)
        except MissingResource as error:
            raise ResourceNotFound(_MISSING) from error

    def delete_state_machine_alias(self, arn: str) -> None:
        """Delete an alias."""
        check_prefix(arn)
        super().delete_state_machine_alias(arn)

    def routed(self, alias: Any) -> Any:
        """The version that an alias sends this execution to, drawn by weight."""
        drawn = self.world.streams["states.alias"].uniform(0, 100)
        routes = alias.routing_configuration
        for route in routes:
            drawn -= route["weight"]
            if drawn < 0:
                break
        return self.version(route["stateMachineVersionArn"])[1]


def check_prefix(arn: str) -> None:
    """Refuse an ARN that is none."""
    if not arn.startswith("arn:"):
        raise InvalidArn(f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
