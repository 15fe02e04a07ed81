"""JSON Web Tokens: those of Cognito user pools, and of any issuer a host of the world plays."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from simulator.http import HttpRequest, HttpResponse

_KEYS_KEPT_S = 7200.0  # "Control access to HTTP APIs with JWT authorizers": keys are cached so long
_ALGORITHMS = ["RS256", "RS384", "RS512"]


class BadToken(Exception):
    """A token that is not accepted; the message is what WWW-Authenticate tells."""


class Tokens:
    """Checks tokens against their issuers' published keys."""

    def __init__(
        self, send: Callable[[HttpRequest], HttpResponse], unix_s: Callable[[], float]
    ) -> None:
        self._send = send
        self._unix_s = unix_s
        self._keys: dict[str, tuple[float, Any]] = {}

    def claims(self, token: str, issuer: str, audiences: Sequence[str] = ()) -> dict[str, Any]:
        """The claims of a token that is signed, meant for `audiences` and in force.

        Raises BadToken.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            decoded = jwt.decode(token, self._published(issuer), algorithms=_ALGORITHMS)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise BadToken("signature verification failed") from error
        claims: dict[str, Any] = decoded.claims
        now_s = self._unix_s()
        if str(claims.get("iss", "")).rstrip("/") != issuer.rstrip("/"):
            raise BadToken("the issuer is not allowed")
        if float(claims.get("exp", 0)) <= now_s:
            raise BadToken("the token has expired")
        if max(float(claims.get(name, 0)) for name in ("nbf", "iat")) > now_s + 1:
            raise BadToken("the token is not valid yet")
        if audiences:
            told = claims.get("aud", claims.get("client_id"))
            if not set(told if isinstance(told, list) else [told]) & set(audiences):
                raise BadToken("the audience is not allowed")
        return claims

    def _published(self, issuer: str) -> Any:
        from joserfc.jwk import KeySet

        kept = self._keys.get(issuer)
        if kept is not None and self._unix_s() - kept[0] < _KEYS_KEPT_S:
            return kept[1]
        base = issuer.rstrip("/")
        if "cognito-idp." in base:
            address = f"{base}/.well-known/jwks.json"
        else:
            address = str(self._fetched(f"{base}/.well-known/openid-configuration")["jwks_uri"])
        keys = KeySet.import_key_set(self._fetched(address))
        self._keys[issuer] = (self._unix_s(), keys)
        return keys

    def _fetched(self, url: str) -> Any:
        try:
            response = self._send(HttpRequest("GET", url, {"Host": url.split("/")[2]}))
        except OSError as error:
            raise BadToken(f"the issuer cannot be reached: {error}") from error
        if response.status != 200:
            raise BadToken(f"the issuer answers {response.status} to {url}")
        return json.loads(response.body)


def scopes_of(claims: dict[str, Any]) -> list[str]:
    """The scopes a token carries, in `scope` or `scp`."""
    told = claims.get("scope", claims.get("scp", ""))
    return list(told) if isinstance(told, list) else str(told).split()


def as_told(claims: dict[str, Any]) -> dict[str, str]:
    """Claims as functions see them: every value a text."""

    def text(value: Any) -> str:
        if isinstance(value, list):
            return f"[{' '.join(map(text, value))}]"
        if isinstance(value, bool):
            return str(value).lower()
        return json.dumps(value) if isinstance(value, dict) else str(value)

    return {name: text(value) for name, value in claims.items()}
