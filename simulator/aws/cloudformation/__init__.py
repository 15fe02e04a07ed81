"""CloudFormation: moto keeps stack sets; we deploy stacks, through the services' own calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.aws.routing import on_first_use

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World


def install(world: World, cloud: Cloud) -> None:
    """Let every stack of the process be deployed in `world`; all is imported at the first call."""

    def prepare() -> None:
        from moto.cloudformation import models as moto_models

        from simulator.aws.cloudformation.models import FormationBackend
        from simulator.aws.cloudformation.stack import Stack
        from simulator.aws.seams import replace

        Stack.world, Stack.cloud = world, cloud
        replace(moto_models, "Stack", Stack)
        replace(moto_models.cloudformation_backends, "backend", FormationBackend)
        moto_models.cloudformation_backends.clear()
        _accept_documents_without_version()

    on_first_use("cloudformation", prepare)


def _accept_documents_without_version() -> None:
    """Let a policy in a template go without a version, as SAM's policy templates do.

    moto refuses it in every call. Source: IAM User Guide, "IAM JSON policy elements: Version".
    """
    from moto.iam.policy_validation import IAMPolicyDocumentValidator

    from simulator.aws.seams import replace
    from simulator.kernel import current_fiber

    theirs = IAMPolicyDocumentValidator._validate_version
    if theirs.__name__ == "lenient":
        return

    def lenient(self: IAMPolicyDocumentValidator) -> None:
        fiber = current_fiber()
        if fiber is not None and fiber.actor.startswith("cloudformation"):
            assert self._policy_json.get("Version", "2008-10-17") in ("2008-10-17", "2012-10-17")
        else:
            theirs(self)

    replace(IAMPolicyDocumentValidator, "_validate_version", lenient)
