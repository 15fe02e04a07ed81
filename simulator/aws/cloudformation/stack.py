"""A stack: what it is made of, what has happened to it, and what it tells other stacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from moto.cloudformation import models as moto_models
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from simulator.aws.cloudformation.exceptions import invalid
from simulator.aws.cloudformation.kinds.base import StackResource
from simulator.aws.cloudformation.notifying import notify

if TYPE_CHECKING:
    from datetime import datetime

    from simpy.events import Event

    from simulator.aws.cloud import Cloud
    from simulator.aws.cloudformation.blueprint import Blueprint
    from simulator.aws.cloudformation.deploying import Deployment
    from simulator.aws.cloudformation.models import FormationBackend
    from simulator.kernel import Fiber
    from simulator.world import World

STACK_TYPE = "AWS::CloudFormation::Stack"


class Stack(moto_models.Stack):
    """A stack of moto's shape, deployed by us."""

    world: ClassVar[World]
    cloud: ClassVar[Cloud]

    def __init__(
        self,
        stack_id: str,
        name: str,
        template: str | dict[str, Any],
        parameters: Mapping[str, Any],
        account_id: str,
        region_name: str,
        notification_arns: list[str] | None = None,
        tags: dict[str, str] | None = None,
        role_arn: str | None = None,
        cross_stack_resources: object = None,
        enable_termination_protection: bool | None = False,
        timeout_in_mins: int | None = None,
        stack_policy_body: str | None = None,
    ) -> None:
        del cross_stack_resources  # the backend knows the exports
        self.stack_id = stack_id
        self.name = name
        self.account_id = account_id
        self.region_name = region_name
        self.template = template
        self.parameters = dict(parameters)
        self.notification_arns = list(notification_arns or ())
        self.tags = dict(tags or {})
        self.role_arn = role_arn
        self.enable_termination_protection = bool(enable_termination_protection)
        self.timeout_in_minutes = timeout_in_mins
        self.policy = stack_policy_body or ""
        self.capabilities: list[str] = []
        self.events: list[moto_models.Event] = []
        self.creation_time = utcnow()
        self.last_updated_time: datetime | None = None
        self.deletion_time: datetime | None = None
        self.status = "CREATE_PENDING"
        self.stack_status_reason: str | None = None
        self.disable_rollback = False
        self.parent_id: str | None = None
        self.root_id: str | None = None
        self.change_set_id: str | None = None
        self.client_request_token: str | None = None
        self.blueprint: Blueprint | None = None
        self.resources: dict[str, StackResource] = {}
        self.output_list: list[dict[str, Any]] = []
        self.drift: dict[str, Any] = {"StackDriftStatus": "NOT_CHECKED"}
        self.operation: Fiber | None = None
        self.bell: Event | None = None  # rung when a signal comes
        self.cancelled: str | None = None  # why what is being made is to stop
        self.retain_except_on_create = False
        self.monitored: dict[str, Any] = {}  # its rollback configuration
        self.undoing: Deployment | None = None  # an update that could not be undone
        self.signals: dict[str, list[dict[str, Any]]] = {}

    @property
    def backend(self) -> FormationBackend:
        """The backend that the stack is of."""
        backends = moto_models.cloudformation_backends
        return cast("FormationBackend", backends[self.account_id][self.region_name])

    @property
    def imports(self) -> dict[str, None]:
        """The names of other stacks' exports that it uses."""
        return self.blueprint.imports if self.blueprint else {}

    @property
    def actor(self) -> str:
        """Who the journal says makes its calls: CloudFormation, by the role if it was given one."""
        role = (self.role_arn or "").rpartition("/")[2]
        return f"cloudformation:{role}" if role else "cloudformation"

    def client(self, service: str) -> Any:
        """A client that acts in the stack's account and Region."""
        return self.cloud.session(self.account_id, self.region_name).client(service)

    def pseudo(self) -> dict[str, Any]:
        """The pseudo parameters."""
        partition = get_partition(self.region_name)
        return {
            "AWS::AccountId": self.account_id,
            "AWS::NotificationARNs": self.notification_arns,
            "AWS::Partition": partition,
            "AWS::Region": self.region_name,
            "AWS::StackId": self.stack_id,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        }

    def look_up_parameter(self, name: str) -> str:
        """The value of a parameter of Systems Manager."""
        try:
            found = self.client("ssm").get_parameter(Name=name)
        except Exception:
            raise invalid(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from None
        return str(found["Parameter"]["Value"])

    def imported_value(self, name: str) -> str:
        """The value that another stack exports as `name`."""
        export = self.backend.exports.get(name)
        if export is None:
            raise invalid(f"No export named {name} found.")
        return str(export.value)

    def tell(self, status: str, reason: str | None = None) -> None:
        """The stack is now in `status`."""
        self.status, self.stack_status_reason = status, reason
        self.world.record(
            "cloudformation.stack",
            stack=self.name,
            id=self.stack_id,
            status=status,
            reason=reason,
        )
        self._note(self.name, self.stack_id, STACK_TYPE, status, reason, None)

    def tell_of(self, resource: StackResource, status: str, reason: str | None = None) -> None:
        """A resource is now in `status`."""
        resource.status, resource.reason, resource.at = status, reason, utcnow()
        self.world.record(
            "cloudformation.resource",
            stack=self.name,
            resource=resource.logical_id,
            type=resource.type,
            physical=resource.physical_id,
            status=status,
            reason=reason,
        )
        properties = json.dumps(resource.properties, default=str, separators=(",", ":"))
        self._note(
            resource.logical_id,
            resource.physical_id or "",
            resource.type,
            status,
            reason,
            properties,
        )

    def _note(
        self,
        logical_id: str,
        physical_id: str,
        kind: str,
        status: str,
        reason: str | None,
        properties: str | None,
    ) -> None:
        event = moto_models.Event(
            stack_id=self.stack_id,
            stack_name=self.name,
            logical_resource_id=logical_id,
            physical_resource_id=physical_id,
            resource_type=kind,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=properties,
        )
        event_id: Any = (
            str(mock_random.uuid4())
            if kind == STACK_TYPE
            else f"{logical_id}-{status}-{mock_random.uuid4()}"
        )
        event.event_id = event_id
        event.client_request_token = self.client_request_token  # type: ignore[assignment]
        self.events.append(event)
        if self.notification_arns:
            notify(self, event)

    # What moto's own code reads of a stack.

    @property
    def stack_resources(self) -> list[Any]:
        """The resources that are there."""
        return list(self.resources.values())

    @property
    def template_dict(self) -> dict[str, Any]:  # type: ignore[override]
        """The template as written."""
        return self.blueprint.written if self.blueprint else {}

    @property
    def description(self) -> str | None:
        """The template's description."""
        return self.template_dict.get("Description")

    @property
    def template_description(self) -> str | None:
        """The template's description."""
        return self.description

    @property
    def stack_parameters(self) -> dict[str, Any]:
        """The parameters as given, or by default."""
        blueprint = self.blueprint
        return {n: each.given for n, each in blueprint.parameters.items()} if blueprint else {}

    @property
    def parameter_list(self) -> list[dict[str, Any]]:
        """The parameters as DescribeStacks shows them."""
        return [
            {
                "ParameterKey": each.name,
                "ParameterValue": "****" if each.hidden else each.given,
                **({"ResolvedValue": each.looked_up} if each.looked_up is not None else {}),
            }
            for each in (self.blueprint.parameters.values() if self.blueprint else ())
        ]

    @property
    def outputs(self) -> list[dict[str, Any]] | None:
        """The outputs, each with the name it is exported by."""
        return self.output_list or None

    @property
    def exports(self) -> list[moto_models.Export]:
        """What other stacks may import."""
        return [
            moto_models.Export(self.stack_id, each["ExportName"], each["OutputValue"])
            for each in self.output_list
            if each.get("ExportName")
        ]

    @staticmethod
    def cloudformation_name_type() -> str:
        """A nested stack's name is made."""
        return ""

    def is_created(self) -> bool:
        """Whether its resources are all there."""
        return self.status.endswith("_COMPLETE")

    @property
    def physical_resource_id(self) -> str:
        """A stack's id."""
        return self.stack_id

    def create_resources(self) -> None:
        """Deploy a stack that moto made for a stack set's hidden instance."""
        self.backend.begin_create(self, str(self.template), self.parameters)

    def delete(self) -> None:
        """Delete a hidden stack."""
        self.backend.begin_delete(self)
