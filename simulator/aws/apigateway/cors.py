"""CORS of HTTP APIs: preflight requests answered, headers set, by the API's configuration."""

from __future__ import annotations

from typing import Any

from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.asked import Asked


class Cors:
    """An API's CORS configuration; without one it does nothing."""

    def __init__(self, configuration: Any) -> None:
        told = configuration or {}
        # The API's own answers say allowOrigins; an imported document may say AllowOrigins.
        self._told = {name[:1].lower() + name[1:]: value for name, value in dict(told).items()}

    def is_preflight(self, asked: Asked) -> bool:
        """Whether the API itself answers a request, whatever its routes."""
        return (
            bool(self._told)
            and asked.method == "OPTIONS"
            and asked.header("origin") is not None
            and asked.header("access-control-request-method") is not None
        )

    def preflight(self, asked: Asked) -> Answer:
        """The answer to a preflight request; its headers tell what is allowed."""
        answer = Answer(204)
        if self._allowed(asked) is None:
            return answer
        if methods := self._told.get("allowMethods"):
            answer.put("access-control-allow-methods", ",".join(methods))
        if headers := self._told.get("allowHeaders"):
            answer.put("access-control-allow-headers", ",".join(headers))
        if (age := self._told.get("maxAge")) is not None:
            answer.put("access-control-max-age", str(age))
        return answer

    def apply(self, asked: Asked, answer: Answer) -> None:
        """Set the headers of a configured API; an integration's own are not passed on."""
        if not self._told:
            return
        if answer.status != 204 or asked.method != "OPTIONS":
            for name in [n for n, _ in answer.headers if n.lower().startswith("access-control-")]:
                answer.drop(name)
        allowed = self._allowed(asked)
        if allowed is None:
            return
        answer.put("access-control-allow-origin", allowed)
        if allowed != "*":
            answer.put("vary", "origin")
        if self._told.get("allowCredentials"):
            answer.put("access-control-allow-credentials", "true")
        if asked.method != "OPTIONS" and (shown := self._told.get("exposeHeaders")):
            answer.put("access-control-expose-headers", ",".join(shown))

    def _allowed(self, asked: Asked) -> str | None:
        """What Access-Control-Allow-Origin says to this caller, or None."""
        origin = asked.header("origin")
        if origin is None:
            return None
        for wanted in self._told.get("allowOrigins") or ():
            if wanted == "*":
                return origin if self._told.get("allowCredentials") else "*"
            if wanted == origin:
                return origin
            if wanted in ("https://*", "http://*") and origin.startswith(wanted[:-1]):
                return origin
        return None
