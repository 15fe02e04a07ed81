"""State machines of any type, in a few words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World


@pytest.fixture
def sfn(world: World) -> Any:
    """A client of Step Functions."""
    return world.cloud.session().client("stepfunctions")


@pytest.fixture
def machine(sfn: Any, role: str) -> Callable[..., str]:
    """Create a machine from its states, the first of which begins; returns its ARN."""

    def create(states: dict[str, Any], name: str = "m", **options: Any) -> str:
        definition = {"StartAt": next(iter(states)), "States": states}
        created = sfn.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=role, **options
        )
        return str(created["stateMachineArn"])

    return create
