"""serve and clock: AWS on a loopback port, and its time read and moved from the command line."""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from typing import Any

from lab.commands import PASSED, tell
from lab.errors import LabError

_PATIENCE_S = 60.0


def serve(options: argparse.Namespace) -> int:
    """Serve the endpoint until it is told to stop."""
    from simulator.aws.endpoint.serve import serve as serve_endpoint

    try:
        return serve_endpoint(
            host=options.host,
            port=options.port,
            seed=options.seed,
            start=options.start,
            time_mode=options.time,
            journal=options.journal,
            traffic=options.traffic,
        )
    except OSError as error:
        raise LabError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror or error}; "
            "name another --port, or 0 for a free one"
        ) from error


def show(options: argparse.Namespace) -> int:
    """Print where a served world's clock stands."""
    tell(json.dumps(_ask(options), indent=1))
    return PASSED


def advance(options: argparse.Namespace) -> int:
    """Let virtual time pass in a served world, and print where its clock stands then."""
    tell(json.dumps(_ask(options, {"advance_s": options.duration}), indent=1))
    return PASSED


def facts(options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """The clock of a served world, and its journal so far, a line a fact."""
    clock = _ask(options)
    return clock, _fetch(options, "journal").decode().splitlines()


def _ask(options: argparse.Namespace, command: dict[str, Any] | None = None) -> Any:
    answer = _fetch(options, "clock", None if command is None else json.dumps(command).encode())
    try:
        return json.loads(answer)
    except ValueError as error:
        place = f"http://{options.host}:{options.port}"
        raise LabError(f"what answers at {place} is no Paddock: its clock is no JSON") from error


def _fetch(options: argparse.Namespace, route: str, body: bytes | None = None) -> bytes:
    place = f"http://{options.host}:{options.port}"
    request = urllib.request.Request(  # noqa: S310 an http address, made here
        f"{place}/_paddock/{route}", data=body, headers={"Content-Type": "application/json"}
    )
    # Without proxies: what is asked for is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_PATIENCE_S) as answer:
            found: bytes = answer.read()
            return found
    except urllib.error.HTTPError as error:
        raise LabError(f"the {route} at {place} refused: {_said(error)}") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise LabError(
            f"nothing answers at {place} ({reason}); start it with 'paddock serve', "
            "or name its --port"
        ) from error


def _said(error: urllib.error.HTTPError) -> str:
    text = error.read(1000).decode(errors="replace").strip()
    try:
        answer = json.loads(text)
        return str(answer.get("error") or answer.get("message") or text)
    except (ValueError, AttributeError):
        return f"{error.code} {error.reason}"
