"""API keys, usage plans and throttles: who may call how often, in virtual time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.apigateway.models import apigateway_backends

from simulator.aws.apigateway.answers import Refused
from simulator.aws.apigateway.caches import settings_of
from simulator.aws.apigateway.exchange import Exchange
from simulator.model.quotas import Bucket

if TYPE_CHECKING:
    from simulator.world import World

ACCOUNT_RATE_PER_S, ACCOUNT_BURST = 10_000.0, 5_000.0
"""What an account may call in a Region ("Amazon API Gateway quotas", account-level throttling)."""


class Plans:
    """Counts calls by key and plan, and holds them to rates."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buckets: dict[tuple[object, ...], tuple[tuple[float, float], Bucket]] = {}
        self.used: Counter[tuple[str, str, str]] = Counter()
        """Calls by plan, key and day."""
        self._granted: Counter[tuple[str, str, str]] = Counter()

    def check_key(self, exchange: Exchange, by_authorizer: bool) -> None:
        """Find the caller's API key and hold it to its plan. Raises Refused."""
        value = exchange.usage_key if by_authorizer else exchange.asked.header("x-api-key")
        api = exchange.api
        backend = apigateway_backends[api.account][api.region]
        key = next((each for each in backend.keys.values() if value and each.value == value), None)
        if key is None or not key.enabled:
            raise _forbidden("no API key" if not value else "the API key is unknown or disabled")
        for plan in backend.usage_plans.values():
            if key.id not in backend.usage_plan_keys.get(plan.id, {}):
                continue
            for stage in plan.api_stages:
                if (stage.get("apiId"), stage.get("stage")) == (api.id, exchange.stage_name):
                    exchange.api_key_id = key.id
                    exchange.identity |= {"apiKey": key.value, "apiKeyId": key.id}
                    self._hold(exchange, plan, stage, key.id)
                    return
        raise _forbidden(f"no usage plan of the key covers the stage {exchange.stage_name}")

    def _hold(self, exchange: Exchange, plan: Any, stage: dict[str, Any], key_id: str) -> None:
        if (plan.quota or {}).get("limit") is not None and self.left(plan, key_id) <= 0:
            raise Refused("QUOTA_EXCEEDED", "Limit Exceeded", why=f"usage plan {plan.name}")
        by_method = (stage.get("throttle") or {}).get(
            f"{exchange.resource_path}/{exchange.asked.method}"
        )
        for name, limits in (("method", by_method), ("plan", plan.throttle)):
            if limits:
                where = exchange.resource_path if name == "method" else ""
                key = (plan.id, key_id, name, where, exchange.asked.method if where else "")
                self.take(key, limits.get("rateLimit"), limits.get("burstLimit"))
        self.used[plan.id, key_id, self.today.isoformat()] += 1

    @property
    def today(self) -> date:
        """The day that usage is counted on now."""
        return datetime.fromtimestamp(self._world.clock.unix_s, UTC).date()

    def left(self, plan: Any, key_id: str) -> int:
        """What a key of a plan with a quota may still call in the period that is running."""
        began = period_start(self.today, str(plan.quota.get("period", "DAY"))).isoformat()
        spent = sum(
            count
            for (plan_id, key, used_on), count in self.used.items()
            if (plan_id, key) == (plan.id, key_id) and used_on >= began
        )
        allowed = int(plan.quota["limit"]) - int(plan.quota.get("offset") or 0)
        return allowed + self._granted[plan.id, key_id, began] - spent

    def leave(self, plan: Any, key_id: str, remaining: int) -> None:
        """Let a key have so many calls left in the period that is running."""
        began = period_start(self.today, str(plan.quota.get("period", "DAY"))).isoformat()
        self._granted[plan.id, key_id, began] += remaining - self.left(plan, key_id)

    def hold_stage(self, exchange: Exchange) -> None:
        """Hold a REST API's call to its stage's settings and the account's. Raises Refused."""
        settings, own = settings_of(exchange)
        rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
        if rate is not None and float(rate) >= 0:
            where = (exchange.resource_path, exchange.asked.method) if own else ("*", "*")
            self.take((exchange.api.id, exchange.stage_name, *where), rate, burst)
        self.hold_account(exchange)

    def hold_account(self, exchange: Exchange) -> None:
        """Hold a call to the rate that all APIs of an account and Region share."""
        key = (exchange.api.account, exchange.api.region)
        self.take(key, ACCOUNT_RATE_PER_S, ACCOUNT_BURST)

    def take(self, key: tuple[object, ...], rate: Any, burst: Any) -> None:
        """Count a call against a rate and a burst. Raises Refused where it is one too many."""
        per_s = float(rate) if rate is not None else float(burst or 0)
        limit = float(burst) if burst is not None else per_s
        now_s = self._world.now_s
        known = self._buckets.get(key)
        if known is None or known[0] != (per_s, limit):
            known = self._buckets[key] = ((per_s, limit), Bucket(per_s, limit, now_s))
        if limit <= 0 or not known[1].take(1.0, now_s):
            raise Refused("THROTTLED", "Too Many Requests", why="throttled")


def period_start(day: date, period: str) -> date:
    """The first day of the period that a day is in; weeks begin on Sunday."""
    if period == "MONTH":
        return day.replace(day=1)
    if period == "WEEK":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    return day


def _forbidden(why: str) -> Refused:
    return Refused("INVALID_API_KEY", "Forbidden", why=why)
