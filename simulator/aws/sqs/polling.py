"""A receive on the wire: the model's receive, carried by the fiber of the call."""

from __future__ import annotations

from simulator.aws.errors import AnswerNow
from simulator.kernel import current_fiber
from simulator.kernel.fiber import on_behalf
from simulator.model.message import Delivery
from simulator.model.queue import Queue


def drive(
    queue: Queue,
    max_messages: int,
    wait_s: float,
    visibility_timeout_s: float | None,
    attempt_id: str | None = None,
) -> list[Delivery]:
    """Receive messages as facts of the journal; the running fiber parks while it has to wait."""
    fiber = current_fiber()
    receiving = queue.receive(
        max_messages,
        wait_s,
        visibility_timeout_s,
        background=fiber is not None and fiber.background,
        journaled=True,
        attempt_id=attempt_id,
    )
    try:
        event = next(receiving)
        assert fiber is not None, "only a fiber can wait for a message"
        with on_behalf(patience_s=wait_s):
            while True:
                event = receiving.send(fiber.wait(event))
    except StopIteration as end:
        found: list[Delivery] = end.value
        return found
    except AnswerNow:
        return []
    finally:
        receiving.close()
