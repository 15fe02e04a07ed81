"""Where a fact's name meets a price: one table for calls by service, one for all other facts.

A new fact is a line in the table of its family. A reader is given the meter and the fact, and
counts what AWS would. An entry for a family (`states`) reads every fact of it (`states.…`).
"""

from __future__ import annotations

from simulator.price.facts import compute, data, messaging, stacks, watching
from simulator.price.facts.reader import Reader

CALLS: dict[str, Reader] = {
    **messaging.CALLS,
    **compute.CALLS,
    **data.CALLS,
    **watching.CALLS,
}
"""By the service of a call that was answered, as botocore names it."""

FACTS: dict[str, Reader] = {
    **messaging.FACTS,
    **compute.FACTS,
    **data.FACTS,
    **watching.FACTS,
    **stacks.FACTS,
}
"""By the name of a fact, or of its family."""

__all__ = ["CALLS", "FACTS", "Reader"]
