"""Who serves a queue: so many consumers, or scaled as Lambda scales, and what they measure.

They work on the queue's own store, beside whatever boto3 does with it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from simulator.model.measure import Estimate, Level, Tally
from simulator.model.service import Distribution

if TYPE_CHECKING:
    from simulator.model.queue import Queue
    from simulator.world import World

_LONG_POLL_S = 20.0
_SCALING_PERIOD_S = 60.0


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many batches are served at once, and how fast that grows.

    The figures are those of Lambda's poller of a standard queue (Lambda Developer Guide,
    "Configuring scaling behavior for SQS event source mappings").
    """

    start: int = 5
    more_per_minute: int = 300
    most: int = 1_250
    idle: int = 2


class Consumers:
    """`servers` of them, each taking a batch, serving it and deleting it, and taking the next.

    A batch takes one service time, as one invocation does. What is sent before a warm-up of
    `warmup_s` seconds is over is served but not measured. Waiting for messages keeps no run
    going, serving does.
    """

    def __init__(
        self,
        world: World,
        queue: Queue,
        service: Distribution,
        servers: int = 1,
        *,
        batch: int = 1,
        stream: str = "service",
        visibility_timeout_s: float | None = None,
        warmup_s: float = 0.0,
    ) -> None:
        self._env = world.env
        self._chance = world.streams[stream]
        self._queue = queue
        self._service = service
        self._batch = batch
        self._visibility_timeout_s = visibility_timeout_s
        self._began_s = world.env.now + warmup_s
        self._measured_from_s = self._began_s if warmup_s else -inf
        self._on_served: Callable[[int], None] | None = None
        self._poll_s: float | None = None
        self._running: set[int] = set()
        self.wanted = 0
        self.waiting_s = Tally()
        self.in_system_s = Tally()
        self.busy = Level(world.env.now)
        if warmup_s:
            timer = world.env.background_timeout(warmup_s)
            assert timer.callbacks is not None
            timer.callbacks.append(self._warm)
        self.scale_to(servers)

    @property
    def served(self) -> int:
        """How many messages were served and measured."""
        return self.in_system_s.count

    @property
    def utilisation(self) -> float:
        """The share of time that a server is busy."""
        return self.busy.average(self._env.now) / max(1, self.wanted)

    @property
    def queue_length(self) -> float:
        """How many waited, on average over time: all that was waited, by the time it took."""
        return self.waiting_s.total / self._span_s

    def queue_length_estimate(self, confidence: float = 0.95) -> Estimate:
        """The same with its confidence interval."""
        waited = self.waiting_s.estimate(confidence)
        rate = self.waiting_s.count / self._span_s
        return Estimate(waited.mean * rate, waited.half_width * rate)

    def utilisation_estimate(self, confidence: float = 0.95) -> Estimate:
        """The utilisation with its confidence interval."""
        busy = self.busy.estimate(self._env.now, confidence)
        servers = max(1, self.wanted)
        return Estimate(busy.mean / servers, busy.half_width / servers)

    def scale_to(self, servers: int) -> None:
        """Have so many servers: more at once, fewer as they come to the end of what they do."""
        self.wanted = servers
        for number in range(servers):
            if number not in self._running:
                self._running.add(number)
                self._env.process(self._serve(number))

    def on_served(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the key of every message that is served."""
        self._on_served = listener

    def _serve(self, number: int) -> Generator[Event, Any, None]:
        env, queue, chance = self._env, self._queue, self._chance
        receive, draw_s = queue.receive, self._service.sample_s
        batch, hidden_s = self._batch, self._visibility_timeout_s
        while number < self.wanted:
            found = yield from receive(batch, self._poll_s, hidden_s, background=True)
            if not found:
                continue
            began_s = env.now
            self.busy.change(1, began_s)
            yield env.timeout(draw_s(chance))
            self.busy.change(-1, env.now)
            for delivery in found:
                message = delivery.message
                queue.delete(delivery.receipt)
                if message.sent_s >= self._measured_from_s:
                    self.waiting_s.add(began_s - message.sent_s)
                    self.in_system_s.add(env.now - message.sent_s)
                if self._on_served is not None:
                    self._on_served(message.key)
        self._running.discard(number)

    @property
    def _span_s(self) -> float:
        return max(self._env.now - self._began_s, 1e-9)

    def _warm(self, _: Event) -> None:
        self.busy = Level(self._env.now, self.busy.value)


class ScaledConsumers(Consumers):
    """Consumers whose number follows the backlog as Lambda's poller of an SQS queue does.

    Every minute: with messages waiting, more of them, as many as the backlog can use; with none,
    back to the starting number, and after a minute without any message to the idle number.
    """

    def __init__(
        self,
        world: World,
        queue: Queue,
        service: Distribution,
        *,
        scaling: Scaling | None = None,
        batch: int = 10,
        stream: str = "service",
        visibility_timeout_s: float | None = None,
        warmup_s: float = 0.0,
    ) -> None:
        self.scaling = scaling or Scaling()
        self.most_wanted = self.scaling.start
        self._served_before = 0
        super().__init__(
            world,
            queue,
            service,
            self.scaling.start,
            batch=batch,
            stream=stream,
            visibility_timeout_s=visibility_timeout_s,
            warmup_s=warmup_s,
        )
        self._poll_s = _LONG_POLL_S  # a server that waits for ever could not be taken back
        self._tick()

    def _tick(self) -> None:
        timer = self._env.background_timeout(_SCALING_PERIOD_S)
        assert timer.callbacks is not None
        timer.callbacks.append(self._rescale)

    def _rescale(self, _: Event) -> None:
        scaling, backlog = self.scaling, self._queue.visible
        if backlog:
            more = min(scaling.more_per_minute, ceil(backlog / self._batch))
            self.scale_to(min(scaling.most, self.wanted + more))
            self.most_wanted = max(self.most_wanted, self.wanted)
        else:
            quiet = self.served == self._served_before and not self.busy.value
            floor = scaling.idle if quiet else scaling.start
            self.scale_to(min(self.wanted, max(floor, int(self.busy.value))))
        self._served_before = self.served
        self._tick()
