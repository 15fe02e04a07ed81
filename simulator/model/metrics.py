"""Metrics of a world: counted and sampled as AWS's services do, minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from simpy.events import Event

from simulator.model.series import Identity, Metric, Series

if TYPE_CHECKING:
    from simulator.world import World

HOME = ("123456789012", "us-east-1")
"""Account and Region of what is counted without an ARN."""

Watcher = Callable[[float], bool]
"""Called at a tick with the instant in seconds since 1970; whether it wants the next tick."""

_SAME_INSTANT_S = 1e-6


class Metrics:
    """The one store of metrics: services count into it, PutMetricData puts into it.

    A count costs the same however much there is. Nothing ticks while nobody samples or watches,
    and ticks are background: they keep no run going.
    """

    def __init__(self, world: World) -> None:
        self._env = world.env
        self._epoch_s = world.clock.start.timestamp()
        self._metrics: dict[Identity, Metric] = {}
        self._known: dict[tuple[object, ...], Series] = {}
        self._tickers: dict[int, _Ticker] = {}

    @property
    def unix_s(self) -> float:
        """The present instant in seconds since 1970."""
        return self._epoch_s + float(self._env.now)

    def count(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float = 1.0,
        unit: str = "Count",
        *,
        arn: str = "",
        at_s: float | None = None,
    ) -> None:
        """Take in one datum, at the present instant or at `at_s` seconds since 1970.

        `arn`, the resource's own, says in which account and Region (default HOME).
        """
        known = self._known.get((namespace, name, unit, arn, *dimensions.items()))
        series = known or self._series(namespace, name, dimensions, unit, arn)
        now_s = self._epoch_s + self._env.now + _SAME_INSTANT_S
        if at_s is None:
            series.add(value, now_s)
        else:
            series.at(int(at_s + _SAME_INSTANT_S), now_s).add(value)

    def gauge(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        read: Callable[[], float | None],
        period_s: int = 60,
        unit: str = "Count",
        *,
        arn: str = "",
    ) -> None:
        """Sample `read()` at the end of every period from now on; None is nothing to tell."""

        def sample(at_s: float) -> bool:
            value = read()
            if value is not None:
                self.sampled(namespace, name, dimensions, value, unit, at_s, arn=arn)
            return True

        self.each(period_s, sample)

    def sampled(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str,
        at_s: float,
        *,
        arn: str = "",
    ) -> None:
        """Take in what was sampled when a period ended, `at_s`: it belongs to that minute."""
        series = self._series(namespace, name, dimensions, unit, arn)
        series.at(round(at_s) - 1, at_s).add(float(value))

    def _series(
        self, namespace: str, name: str, dimensions: Mapping[str, str], unit: str, arn: str
    ) -> Series:
        key = (namespace, name, unit, arn, *dimensions.items())
        series = self._known.get(key)
        if series is None:
            place = arn.split(":")
            where = (place[4], place[3]) if len(place) > 4 else HOME
            series = self.metric(namespace, name, dimensions, *where).series(unit)
            self._known[key] = series
        return series

    def metric(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str] | Iterable[tuple[str, str]],
        account: str = HOME[0],
        region: str = HOME[1],
    ) -> Metric:
        """The metric of this name and exactly these dimensions; made where there is none yet."""
        pairs = dimensions.items() if isinstance(dimensions, Mapping) else dimensions
        identity = Identity(account, region, namespace, name, tuple(sorted(pairs)))
        found = self._metrics.get(identity)
        if found is None:
            found = self._metrics[identity] = Metric(identity)
        return found

    def all_of(self, account: str, region: str) -> Iterable[Metric]:
        """The metrics of an account and Region that have had data, in the order they came."""
        return [
            metric
            for identity, metric in self._metrics.items()
            if metric.last_s is not None and identity[:2] == (account, region)
        ]

    def forget(self, account: str, region: str) -> None:
        """Drop the metrics of an account and Region."""
        gone = [identity for identity in self._metrics if identity[:2] == (account, region)]
        for identity in gone:
            del self._metrics[identity]
        self._known.clear()

    def each(self, period_s: int, watcher: Watcher, *, first: bool = True) -> None:
        """Call `watcher` at every whole period from the next on, for as long as it says True.

        At one instant the samplers come before the watchers of `first=False`, which see their data.
        """
        ticker = self._tickers.get(period_s)
        if ticker is None:
            ticker = self._tickers[period_s] = _Ticker(self, period_s)
        ticker.add(watcher, first)

    def background_timeout(self, delay_s: float) -> Event:
        """A wait that keeps no run going."""
        return self._env.background_timeout(delay_s)


class _Ticker:
    """One timer for all that happens every `period_s` seconds; it rests when nobody wants it."""

    def __init__(self, metrics: Metrics, period_s: int) -> None:
        self._metrics = metrics
        self._period_s = period_s
        self._samplers: list[Watcher] = []
        self._watchers: list[Watcher] = []
        self._running = False

    def add(self, watcher: Watcher, first: bool) -> None:
        (self._samplers if first else self._watchers).append(watcher)
        if not self._running:
            self._running = True
            self._wait()

    def _wait(self) -> None:
        now_s = self._metrics.unix_s
        periods = int((now_s + _SAME_INSTANT_S) // self._period_s) + 1
        timer = self._metrics.background_timeout(max(0.0, periods * self._period_s - now_s))
        assert timer.callbacks is not None
        timer.callbacks.append(self._tick)

    def _tick(self, _: Event) -> None:
        at_s = round(self._metrics.unix_s, 6)
        # a watcher may add others, which wait for the next tick
        samplers, self._samplers = self._samplers, []
        self._samplers = [sampler for sampler in samplers if sampler(at_s)] + self._samplers
        watchers, self._watchers = self._watchers, []
        self._watchers = [watcher for watcher in watchers if watcher(at_s)] + self._watchers
        self._running = bool(self._samplers or self._watchers)
        if self._running:
            self._wait()
