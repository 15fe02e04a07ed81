"""A meter that has seen nothing yet."""

from __future__ import annotations

import pytest

from simulator.price import Meter
from tests.simulator.price.facts import START


@pytest.fixture
def meter() -> Meter:
    return Meter(START)
