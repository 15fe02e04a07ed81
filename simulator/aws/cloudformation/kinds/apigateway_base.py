"""What the kinds of REST APIs share: properties as the API's parameters have them."""

from __future__ import annotations

from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, low, lowered


def given(job: Job, *names: str) -> dict[str, Any]:
    """The properties of these names that are given, by the names of the API's parameters."""
    return {low(name): lowered(job.get(name)) for name in names if job.get(name) is not None}
