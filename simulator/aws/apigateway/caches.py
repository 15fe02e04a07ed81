"""The cache of a REST API's stage: answers kept for their time to live, in virtual time.

Source: API Gateway Developer Guide, "Cache settings for REST APIs in API Gateway".
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from simulator.aws.apigateway.answers import Answer, Refused
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.kept import Kept, Key
from simulator.aws.apigateway.mapping import from_request

if TYPE_CHECKING:
    from simulator.world import World

DEFAULT_TTL_S = 300


def settings_of(exchange: Exchange) -> tuple[dict[str, Any], bool]:
    """A method's settings in its stage, and whether they are its own, not those of all methods."""
    known = exchange.stage.method_settings or {}
    path, method = exchange.resource_path.strip("/"), exchange.asked.method
    for name in (f"{path}/{method}", f"{path}/ANY"):
        if name in known:
            return known[name], True
    return known.get("*/*") or {}, False


class Caches:
    """What stages with a cache cluster keep."""

    def __init__(self, world: World) -> None:
        self.kept: Kept[Answer] = Kept(world)

    def key(self, exchange: Exchange, method: Any) -> Key | None:
        """What an answer is kept by, or None: it is not. Raises Refused.

        By default only GET methods are cached, by their resource and what the integration names
        as cache keys. A caller who may sends `Cache-Control: max-age=0` to have it anew.
        """
        settings, own = settings_of(exchange)
        if not (exchange.stage.cache_cluster_enabled and settings.get("cachingEnabled")):
            return None
        if exchange.canary and not exchange.stage.canary_settings["useStageCache"]:
            return None
        if exchange.asked.method != "GET" and not own:
            return None
        names = getattr(method.method_integration, "cache_key_parameters", None) or ()
        values = tuple(from_request(str(name), exchange) for name in names)
        key = (exchange.api.id, exchange.stage_name, exchange.asked.method, exchange.resource_path)
        if "max-age=0" in (exchange.asked.header("cache-control") or "").replace(" ", ""):
            self._invalidate((*key, *values), exchange, settings)
        return (*key, *values)

    def get(self, key: Key) -> Answer | None:
        """The answer that is kept, if its time has not passed."""
        return copy.deepcopy(self.kept.get(key))

    def put(self, key: Key, exchange: Exchange, answer: Answer) -> None:
        """Keep an answer that is a success."""
        ttl = settings_of(exchange)[0].get("cacheTtlInSeconds")
        ttl_s = DEFAULT_TTL_S if ttl is None else float(ttl)
        if 200 <= answer.status < 300 and ttl_s > 0:
            self.kept.put(key, copy.deepcopy(answer), ttl_s)

    def _invalidate(self, key: Key, exchange: Exchange, settings: dict[str, Any]) -> None:
        signed = (exchange.asked.header("authorization") or "").startswith("AWS4-HMAC-SHA256")
        if signed or not settings.get("requireAuthorizationForCacheControl", True):
            self.kept.drop(key)
        elif settings.get("unauthorizedCacheControlHeaderStrategy") == "FAIL_WITH_403":
            told = "User is not authorized to invalidate the cache"
            raise Refused("ACCESS_DENIED", told, why="Cache-Control wants a signature")
