"""Resources that moto makes by itself: kinds of services that we do not run."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.core.utils import camelcase_to_underscores
from moto.ec2 import models as ec2_models
from moto.ec2.models.core import TaggedEC2Resource

from simulator.aws.cloudformation.exceptions import LeftInPlace, ResourceFailed, invalid
from simulator.aws.cloudformation.intrinsics import NO_VALUE
from simulator.aws.cloudformation.kinds.base import Job, Kind
from simulator.aws.cloudformation.kinds.taking_down import take_down
from simulator.aws.cloudformation.shapes import Shape

_DEFAULTS = {"AWS::EC2::VPCEndpoint": {"VpcEndpointType": "Gateway"}}
"""What moto stumbles over where a template leaves it out."""


class MotoKind(Kind):
    """A kind by moto's class for it."""

    def __init__(self, type_name: str, model: type[CloudFormationModel]) -> None:
        super().__init__(type_name)
        self._model: Any = model

    @property
    def shape(self) -> Shape | None:
        """moto takes properties as they are written, and reads what it knows of them."""
        return None

    def create(self, job: Job) -> str:
        """Let moto make it."""
        made = self._model.create_from_cloudformation_json(
            self._name(job),
            self._written(job),
            job.stack.account_id,
            job.stack.region_name,
            LogicalId=job.logical_id,
            StackId=job.stack.stack_id,
            ResourceType=self.type,
        )
        return self._take(job, made)

    def _take(self, job: Job, made: Any) -> str:
        made.cf_resource_type = self.type
        made.logical_resource_id = job.logical_id
        job.resource.made = made
        if isinstance(made, TaggedEC2Resource):
            tags = {
                **job.stack.tags,
                "aws:cloudformation:stack-name": job.stack.name,
                "aws:cloudformation:stack-id": job.stack.stack_id,
                "aws:cloudformation:logical-id": job.logical_id,
            }
            backend = ec2_models.ec2_backends[job.stack.account_id][job.stack.region_name]
            backend.create_tags([made.physical_resource_id], tags)  # type: ignore[attr-defined]
        own = getattr(made, f"{camelcase_to_underscores(self.type.rpartition('::')[2])}_id", None)
        return str(getattr(made, "physical_resource_id", None) or own or self._name(job))

    def update(self, job: Job) -> None:
        """Let moto change it, in place or by another."""
        update = self._model.update_from_cloudformation_json
        made = update(
            original_resource=job.resource.made,
            new_resource_name=self._name(job),
            cloudformation_json=self._written(job),
            account_id=job.stack.account_id,
            region_name=job.stack.region_name,
        )
        if made is not None:
            job.resource.physical_id = self._take(job, made)

    def replaces(self, job: Job) -> bool:  # noqa: ARG002
        """Where moto cannot change it there has to be another."""
        return hasattr(self._model.update_from_cloudformation_json, "__isabstractmethod__")

    def delete(self, job: Job) -> None:
        """Let moto delete it, in one of the two ways that it has, or by the service's call."""
        if take_down(job):
            return
        account, region = job.stack.account_id, job.stack.region_name
        try:
            job.resource.made.delete(account, region)
        except (TypeError, AttributeError):
            delete = self._model.delete_from_cloudformation_json
            if hasattr(delete, "__isabstractmethod__"):
                raise LeftInPlace(f"Paddock cannot delete {self.type}") from None
            delete(job.physical_id, self._written(job), account, region)

    def attribute(self, job: Job, name: str) -> Any:
        """What Fn::GetAtt finds."""
        # Some have it, and do not say so; some have it by a longer name: access_point_arn.
        made, short = job.resource.made, camelcase_to_underscores(name)
        longer = f"{camelcase_to_underscores(self.type.rpartition('::')[2])}_{short}"
        known = getattr(made, short, getattr(made, longer, NO_VALUE))
        if not self._model.has_cfn_attr(name):
            return known
        try:
            return job.resource.made.get_cfn_attribute(name)
        except (AttributeError, NotImplementedError):
            return known
        except parsing.UnformattedGetAttTemplateException as error:
            raise invalid(error.description.format(job.logical_id, name)) from None

    def _written(self, job: Job) -> dict[str, Any]:
        return {"Type": self.type, "Properties": {**_DEFAULTS.get(self.type, {}), **job.properties}}

    def _name(self, job: Job) -> str:
        by_name = self._model.cloudformation_name_type()
        if by_name and by_name in job.properties:
            return str(job.properties[by_name])
        return str(parsing.generate_resource_name(self.type, job.stack.name, job.logical_id))


def moto_kind(type_name: str) -> Kind | None:
    """moto's kind of that name, if it has one."""
    model = parsing.get_model_map().get(type_name)
    return MotoKind(type_name, model) if model is not None else None


__all__ = ["MotoKind", "ResourceFailed", "moto_kind"]
