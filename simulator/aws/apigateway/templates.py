"""Mapping templates: Velocity with $input, $context, $stageVariables and $util."""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from simulator.aws.apigateway.asked import last_of
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.javalike import JavaMap, as_java, as_json, velocity
from simulator.aws.apigateway.jsonpaths import body_of, select

_ESCAPES = {
    '"': '\\"',
    "'": "\\'",
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\n": "\\n",
    "\t": "\\t",
    "\f": "\\f",
    "\r": "\\r",
}
_ERROR = re.compile(r"in expression: (.*)\n(.*)", re.DOTALL)


class TemplateFailed(Exception):
    """A template that cannot be read or run; the message says why."""


def render(
    template: str,
    exchange: Exchange,
    body: bytes,
    *,
    override: str = "requestOverride",
    error: dict[str, Any] | None = None,
) -> str:
    """What a template makes of a body. Raises TemplateFailed.

    What it sets of `$context.<override>` is kept in the exchange's overrides.
    """
    context = as_java(
        {
            **exchange.variables_of_context(),
            "requestOverride": {"header": {}, "path": {}, "querystring": {}},
            "responseOverride": {"header": {}},
        }
    )
    if error is not None:
        context["error"] = as_java(error)
    names = {
        "input": _Input(body, exchange),
        "context": context,
        "stageVariables": as_java(exchange.variables),
        "util": _Util(),
    }
    try:
        text: str = _compiled(template).merge(names)
    except velocity().TemplateError as failed:
        found = _ERROR.search(str(failed))
        told = f"{found[1]}: {found[2]}" if found else str(failed)
        raise TemplateFailed(f"the mapping template cannot be run: {told}") from failed
    except RecursionError as failed:
        raise TemplateFailed("the mapping template is nested too deeply") from failed
    chosen = context[override]
    if any(chosen.values()):
        exchange.overrides[override] = {
            key: value for key, value in chosen.items() if value not in ({}, None)
        }
    return text


@lru_cache(maxsize=256)
def _compiled(template: str) -> Any:
    made = velocity().Template(template)
    made.ensure_compiled()
    return made


class _Input:
    """`$input` (Developer Guide, "Variables for data transformations")."""

    def __init__(self, body: bytes, exchange: Exchange) -> None:
        self.body = body.decode("utf-8", "replace")
        self._bytes = body
        self._exchange = exchange

    def __repr__(self) -> str:
        return "$input"

    def json(self, path: str) -> str:
        """What is at a JSONPath, as JSON."""
        found = select(body_of(self._bytes), path)
        return "" if found is None and path != "$" else as_json(found)

    def path(self, path: str) -> Any:
        """What is at a JSONPath, as an object."""
        return as_java(select(body_of(self._bytes), path))

    def params(self, name: str | None = None) -> Any:
        """A request parameter by name, of the path, the query or the headers; all without one."""
        asked = self._exchange.asked
        places = {
            "path": JavaMap(self._exchange.path_parameters),
            "querystring": JavaMap(last_of(asked.query)),
            "header": _Headers(last_of(asked.headers)),
        }
        if name is None:
            return JavaMap(places)
        for place in places.values():
            if (found := place.get(name)) is not None:
                return found
        return ""


class _Headers(JavaMap):
    """Headers by name, however it is written."""

    def get(self, key: str, default: Any = None) -> Any:
        """A header's value."""
        wanted = key.lower()
        return next((value for name, value in self.items() if name.lower() == wanted), default)

    def __getitem__(self, key: str) -> Any:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found


class _Util:
    """`$util`."""

    def __repr__(self) -> str:
        return "$util"

    def escapeJavaScript(self, text: Any) -> str:  # noqa: N802  (AWS's names)
        """A text as it may stand between a JSON text's quotes."""
        return "".join(_ESCAPES.get(sign, sign) for sign in ("" if text is None else str(text)))

    def parseJson(self, text: str) -> Any:  # noqa: N802
        """A text of JSON as an object."""
        try:
            return as_java(json.loads(text))
        except ValueError as error:
            raise TemplateFailed("$util.parseJson: the text is no JSON") from error

    def urlEncode(self, text: Any) -> str:  # noqa: N802
        """A text as it may stand in a form."""
        return quote_plus(str(text), safe="*-._")

    def urlDecode(self, text: Any) -> str:  # noqa: N802
        """A form's text decoded."""
        return unquote_plus(str(text))

    def base64Encode(self, text: Any) -> str:  # noqa: N802
        """A text in base64."""
        return base64.b64encode(str(text).encode()).decode()

    def base64Decode(self, text: Any) -> str:  # noqa: N802
        """A text in base64 decoded."""
        return base64.b64decode(str(text)).decode("utf-8", "replace")
