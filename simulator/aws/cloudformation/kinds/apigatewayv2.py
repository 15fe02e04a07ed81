"""To come."""

from simulator.aws.cloudformation.kinds.base import Kind

KINDS: dict[str, type[Kind]] = {}
