"""API request quotas, as data with sources, and the token buckets that hold callers to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.model.latency import DEGRADED, NONE

if TYPE_CHECKING:
    from simulator.world import World

_DEGRADED_SHARE = 0.25
"""In the profile `degraded` callers get a quarter of their quotas."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a throttled caller is told."""

    code: str
    status: int
    message: str = "Rate exceeded"


@dataclass(frozen=True, slots=True)
class Quota:
    """So many of these calls a second, for each account and Region or for each resource.

    `burst` is the bucket's size; by default a second's worth. `messages` counts the entries of a
    batch, not the call. A quota for `fifo` holds for queues and topics whose names end in .fifo.
    """

    service: str
    actions: tuple[str, ...]
    per_s: float
    source: str
    burst: float = 0.0
    by_resource: bool = False
    fifo: bool | None = None
    messages: bool = False
    regions: Mapping[str, float] | None = None


_SQS = "Amazon SQS Developer Guide, Amazon SQS message quotas"
_SNS = "AWS General Reference, Amazon SNS endpoints and quotas"
_EVENTS = "EventBridge User Guide, Amazon EventBridge quotas"
_SCHEDULER = "EventBridge Scheduler User Guide, Quotas for Amazon EventBridge Scheduler"
_STATES = "AWS Step Functions Developer Guide, Step Functions service quotas"
_LAMBDA = "AWS Lambda Developer Guide, Lambda quotas"
_CLOUDWATCH = "CloudWatch User Guide, CloudWatch service quotas"
_LARGE = ("us-east-1", "us-west-2", "eu-west-1")

QUOTAS: tuple[Quota, ...] = (
    *(
        Quota("sqs", (single, f"{single}Batch"), 300, _SQS, by_resource=True, fifo=True)
        for single in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
    ),
    Quota("sqs", ("ReceiveMessage",), 300, _SQS, by_resource=True, fifo=True),
    Quota(
        "sns", ("Publish", "PublishBatch"), 300, _SNS, messages=True, fifo=False,
        regions={"us-east-1": 30_000, "us-west-2": 9_000, "eu-west-1": 9_000},
    ),
    Quota(
        "sns", ("Publish", "PublishBatch"), 3_000, _SNS,
        by_resource=True, fifo=True, messages=True,
    ),
    Quota("sns", ("Subscribe", "Unsubscribe"), 100, _SNS),
    Quota("sns", ("ListSubscriptions", "ListSubscriptionsByTopic", "ListTopics"), 30, _SNS),
    Quota(
        "events", ("PutEvents",), 600, _EVENTS, messages=True,
        regions=dict.fromkeys(_LARGE, 10_000.0),
    ),
    Quota("events", ("PutRule", "PutTargets", "DeleteRule", "RemoveTargets"), 50, _EVENTS),
    Quota("scheduler", ("CreateSchedule", "UpdateSchedule", "DeleteSchedule"), 50, _SCHEDULER,
          regions=dict.fromkeys(_LARGE, 1_000.0)),
    Quota(
        "stepfunctions", ("StartExecution",), 150, _STATES, burst=800,
        regions=dict.fromkeys(_LARGE, 300.0),
    ),
    Quota("stepfunctions", ("StopExecution",), 25, _STATES, burst=500,
          regions=dict.fromkeys(_LARGE, 200.0)),
    Quota("stepfunctions", ("DescribeExecution",), 10, _STATES, burst=250,
          regions=dict.fromkeys(_LARGE, 15.0)),
    Quota("stepfunctions", ("CreateStateMachine",), 1, _STATES, burst=100),
    Quota("stepfunctions", ("GetExecutionHistory",), 20, _STATES, burst=400),
    Quota("lambda", ("Invoke",), 10_000, _LAMBDA),
    Quota("lambda", ("GetFunction",), 100, _LAMBDA),
    Quota("lambda", ("GetPolicy",), 15, _LAMBDA),
    Quota("cloudwatch", ("PutMetricData",), 500, _CLOUDWATCH),
    Quota("cloudwatch", ("GetMetricStatistics",), 400, _CLOUDWATCH),
    Quota("cloudwatch", ("GetMetricData",), 50, _CLOUDWATCH),
    Quota("cloudwatch", ("ListMetrics",), 25, _CLOUDWATCH),
    Quota("cloudwatch", ("PutMetricAlarm",), 3, _CLOUDWATCH),
    Quota("cloudwatch", ("DescribeAlarms",), 9, _CLOUDWATCH),
)  # fmt: skip
"""In force outside the profile `none`: AWS's defaults, which customers can have raised."""

REFUSALS: Mapping[str, Refusal] = {
    "sqs": Refusal("ThrottlingException", 400),
    "sns": Refusal("Throttled", 429),
    "events": Refusal("ThrottlingException", 400),
    "scheduler": Refusal("ThrottlingException", 429),
    "stepfunctions": Refusal("ThrottlingException", 400),
    "lambda": Refusal("TooManyRequestsException", 429),
    "cloudwatch": Refusal("Throttling", 400),
}
"""By the errors of each service's API model and its API Reference, "Common Errors"."""

_ENTRIES = ("Entries", "PublishBatchRequestEntries")


class Bucket:
    """Tokens that come at a rate, up to a limit."""

    __slots__ = ("_at_s", "_limit", "_per_s", "_tokens")

    def __init__(self, per_s: float, limit: float, now_s: float) -> None:
        self._per_s = per_s
        self._limit = self._tokens = max(limit, 1.0)
        self._at_s = now_s

    def take(self, tokens: float, now_s: float) -> bool:
        """Take tokens if there are so many; more than the bucket ever holds take it whole."""
        self._tokens = min(self._limit, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        wanted = min(tokens, self._limit)
        if self._tokens + 1e-9 < wanted:
            return False
        self._tokens -= wanted
        return True


class Throttle:
    """Holds the callers of a world to the quotas; in the profile `none` it lets all pass."""

    def __init__(self, world: World, profile: str = NONE) -> None:
        self.profile = profile
        self._env = world.env
        self._by_action: dict[tuple[str, str], list[Quota]] = {}
        for quota in QUOTAS:
            for action in quota.actions:
                self._by_action.setdefault((quota.service, action), []).append(quota)
        self._buckets: dict[tuple[object, ...], Bucket] = {}

    def refusal(
        self,
        service: str,
        action: str,
        account: str,
        region: str,
        parameters: Mapping[str, object] | None = None,
    ) -> Refusal | None:
        """What a call is told if it is one too many; it takes its tokens if it is not."""
        if self.profile == NONE:
            return None
        known = parameters or {}
        resource = next(
            (str(known[name]) for name in ("QueueUrl", "TopicArn", "TargetArn") if name in known),
            "",
        )
        for quota in self._by_action.get((service, action), ()):
            if quota.fifo is not None and resource.endswith(".fifo") != quota.fifo:
                continue
            where = resource if quota.by_resource else ""
            key = (quota.service, quota.actions, account, region, where)
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = self._bucket(quota, region)
            if not bucket.take(_entries(known) if quota.messages else 1, self._env.now):
                return REFUSALS.get(service, Refusal("ThrottlingException", 400))
        return None

    def _bucket(self, quota: Quota, region: str) -> Bucket:
        share = _DEGRADED_SHARE if self.profile == DEGRADED else 1.0
        per_s = (quota.regions or {}).get(region, quota.per_s)
        limit = quota.burst if quota.burst > per_s else per_s
        return Bucket(per_s * share, limit * share, self._env.now)


def _entries(parameters: Mapping[str, object]) -> int:
    for name in _ENTRIES:
        entries = parameters.get(name)
        if isinstance(entries, list):
            return max(1, len(entries))
    return 1
