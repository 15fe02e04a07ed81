"""What an Express execution is billed for: how long it ran, and how much memory it took.

Source: AWS Step Functions Developer Guide, "Choosing workflow type in Step Functions".
"""

from __future__ import annotations

from datetime import datetime

EXPRESS_MEMORY_MB = 64
"""Memory is billed in chunks of this size; every execution is taken to need one."""
_STEP_MS = 100


def billed_ms(began: datetime, ended: datetime) -> int:
    """The duration in whole steps of 100 ms, one at the least."""
    ran_ms = round((ended - began).total_seconds() * 1000)
    return max(_STEP_MS, -(-ran_ms // _STEP_MS) * _STEP_MS)
