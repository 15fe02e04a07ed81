"""What a template changes is changed in the service. AWS CloudFormation User Guide, "Update
behaviors of stack resources"."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from simulator.aws.cloudformation.kinds import kind_of
from simulator.aws.cloudformation.template import read
from simulator.world import World


@pytest.fixture(autouse=True)
def layer(world: World) -> None:
    s3: Any = world.cloud.session().client("s3")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/helper.py", "WORD = 1")
    s3.create_bucket(Bucket="parts")
    s3.put_object(Bucket="parts", Key="layer.zip", Body=package.getvalue())


def changed(template: dict[str, Any]) -> dict[str, Any]:
    """A template with another value of every number, switch and description that may change."""
    for resource in template["Resources"].values():
        kind = kind_of(resource["Type"])
        assert kind is not None
        fixed = kind.replacing | (kind.shape.replacing if kind.shape else frozenset()) | {"Period"}
        for name, value in (resource.get("Properties") or {}).items():
            if name not in fixed and isinstance(value, int):
                resource["Properties"][name] = not value if isinstance(value, bool) else value + 1
            elif name == "Description" and isinstance(value, str):
                resource["Properties"][name] = f"{value}, changed"
    return template


@pytest.mark.parametrize("name", ["every_kind.yaml", "every_api_kind.yaml"])
def test_every_change_has_an_effect(stacks: Any, written: Callable[[str], str], name: str) -> None:
    stacks.create(written(name))
    told = stacks.update(changed(read(written(name))))
    assert told["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons()
    assert not [reason for reason in stacks.told_of().values() if "Without effect" in reason]
    stacks.client.detect_stack_drift(StackName="s")
    drifts = stacks.client.describe_stack_resource_drifts(StackName="s")["StackResourceDrifts"]
    assert [d for d in drifts if d["StackResourceDriftStatus"] == "MODIFIED"] == []
