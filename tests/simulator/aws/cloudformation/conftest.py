"""Stacks deployed in a world, and what they came to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.world import World

DATA = Path(__file__).parent / "data"
ACKNOWLEDGED = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


@pytest.fixture
def formation(world: World) -> Any:
    return world.cloud.session().client("cloudformation")


class Stacks:
    """Deploys templates to their end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client: Any = world.cloud.session().client("cloudformation")

    def create(self, template: Any, name: str = "s", **options: Any) -> dict[str, Any]:
        text = template if isinstance(template, str) else json.dumps(template)
        made = self.client.create_stack(
            StackName=name, TemplateBody=text, Capabilities=ACKNOWLEDGED, **options
        )
        self.world.run()
        return self.told(made["StackId"])

    def update(self, template: Any, name: str = "s", **options: Any) -> dict[str, Any]:
        text = template if isinstance(template, str) else json.dumps(template)
        made = self.client.update_stack(
            StackName=name, TemplateBody=text, Capabilities=ACKNOWLEDGED, **options
        )
        self.world.run()
        return self.told(made["StackId"])

    def delete(self, name: str = "s", **options: Any) -> dict[str, Any]:
        stack_id = self.told(name)["StackId"]
        self.client.delete_stack(StackName=name, **options)
        self.world.run()
        return self.told(stack_id)

    def told(self, name: str = "s") -> dict[str, Any]:
        return dict(self.client.describe_stacks(StackName=name)["Stacks"][0])

    def outputs(self, name: str = "s") -> dict[str, str]:
        found = self.told(name).get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def events(self, name: str = "s") -> list[tuple[str, str]]:
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=name)
        newest_first = [event for page in pages for event in page["StackEvents"]]
        return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in newest_first[::-1]]

    def reasons(self, name: str = "s") -> dict[str, str]:
        """Why each thing that failed did so, the first time."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=name)
        newest_first = [event for page in pages for event in page["StackEvents"]]
        return {
            event["LogicalResourceId"]: event.get("ResourceStatusReason", "")
            for event in newest_first
            if event["ResourceStatus"].endswith(("_FAILED", "ROLLBACK_IN_PROGRESS"))
        }

    def told_of(self, name: str = "s") -> dict[str, str]:
        """The last reason of each thing's completion, where there is one."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return {
            event["LogicalResourceId"]: event["ResourceStatusReason"]
            for event in events[::-1]
            if event["ResourceStatus"].endswith("_COMPLETE") and event.get("ResourceStatusReason")
        }

    def resources(self, name: str = "s") -> dict[str, str]:
        found = self.client.describe_stack_resources(StackName=name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


@pytest.fixture
def stacks(world: World) -> Stacks:
    return Stacks(world)


@pytest.fixture
def written() -> Callable[[str], str]:
    """A template of the data folder."""
    return lambda name: (DATA / name).read_text(encoding="utf-8")
