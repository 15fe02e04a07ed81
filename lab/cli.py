"""The command line: reads the words after `paddock`, and says what goes wrong in one sentence."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from lab.child import leave_quickly
from lab.errors import LabError
from lab.report import DEFAULT_SEED

EXIT_UNDECIDED = 2
EXIT_INTERRUPTED = 130
EXIT_READER_LEFT = 141
DEBUG_VARIABLE = "PADDOCK_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 passed, 1 failed, 2 could not tell."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser().parse_args(words or ["tui"])
        status = _command(options)(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _said("stopped", EXIT_INTERRUPTED)
    except BrokenPipeError:
        _abandon_stdout()
        return EXIT_READER_LEFT
    except SystemExit as request:  # argparse has said what there is to say
        return request.code if isinstance(request.code, int) else EXIT_UNDECIDED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return _said(_sentence(error), EXIT_UNDECIDED)
    finally:
        if arguments is None:
            leave_quickly()
    return status


def _sentence(error: Exception) -> str:
    from simulator.journal import JournalError

    if isinstance(error, LabError | JournalError):
        return str(error)
    if isinstance(error, OSError):
        what = f" {error.filename}" if error.filename else ""
        _abandon_stdout()
        return f"cannot read or write{what}: {error.strerror or error}"
    return (
        f"something in Paddock itself broke: {type(error).__name__}: {error}; "
        f"{DEBUG_VARIABLE}=1 shows where"
    )


def _said(sentence: str, status: int) -> int:
    with contextlib.suppress(OSError):  # nobody may be left to tell
        print(f"paddock: {sentence}", file=sys.stderr, flush=True)
    return status


def _abandon_stdout() -> None:
    """Send what is left in stdout's buffer nowhere, so that leaving does not fail on it again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _command(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    """The function that does it: imported only now, for a command must not pay for the others."""
    module, function = options.command.split(":")
    found: Callable[[argparse.Namespace], int] = getattr(
        importlib.import_module(f"lab.commands.{module}"), function
    )
    return found


class _Parser(argparse.ArgumentParser):
    """argparse, saying what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_UNDECIDED, f"paddock: {message}; see '{self.prog} --help'\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="paddock",
        description="A local AWS in virtual time, and a teaching lab on it. "
        "Without a command it opens the screens.",
        epilog="Exit status: 0 passed, 1 failed, 2 could not tell.",
    )
    parser.add_argument("--version", action="version", version=f"paddock {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(word: str, command: str, says: str, **more: Any) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(
            word, help=says, description=says, **more
        )
        made.set_defaults(command=command)
        return made

    listing = add("list", "learning:list_scenarios", "list the scenarios and how you stand")
    _json(listing)

    run = add("run", "learning:run", "carry a scenario out and print its report")
    run.add_argument("scenario", help="family/name, as 'paddock list' shows it")
    _seed(run)
    _solution(run, "the reference")
    run.add_argument("--journal", type=Path, metavar="FILE", help="write every fact to FILE")
    run.add_argument("--bill", action="store_true", help="say what it would have cost on AWS")
    _pricing(run)
    _json(run)

    tui = add("tui", "learning:tui", "open the screens, on a scenario if you name one")
    tui.add_argument("scenario", nargs="?")
    _seed(tui)
    _solution(tui, "your workspace")

    grade = add("grade", "learning:grade", "judge a solution on several seeds")
    grade.add_argument("scenario")
    _seed(grade)
    grade.add_argument("--seeds", type=_count, default=1, metavar="COUNT", help="how many seeds")
    _solution(grade, "your workspace")
    grade.add_argument("--results", type=Path, metavar="FILE", help="write Gradescope's JSON")
    grade.add_argument(
        "--time-limit", type=_positive, default=300.0, metavar="SECONDS", help="real time a run"
    )
    _json(grade)

    path = add("path", "learning:path", "print your workspace's folder, made if need be")
    path.add_argument("scenario")

    reset = add("reset", "learning:reset", "begin a workspace anew; the old one is kept")
    reset.add_argument("scenario")
    reset.add_argument("--progress", action="store_true", help="forget what you earned, too")

    golden = add("golden", "authoring:golden", "show a scenario's golden journal, or write it anew")
    golden.add_argument("scenario")
    golden.add_argument("--write", action="store_true", help="into the scenario's folder")

    _add_billing(add)
    _add_serving(add)
    return parser


def _add_billing(add: Callable[..., argparse.ArgumentParser]) -> None:
    bill = add("bill", "billing:bill", "say what a journal, or a served world, costs on AWS")
    bill.add_argument(
        "journal", nargs="?", type=Path, metavar="FILE", help="as --journal writes it"
    )
    _address(bill, "without FILE, the port of the world that is served")
    _pricing(bill)
    _json(bill)

    price = add("price", "billing:price", "say what a usage would cost; without one, all prices")
    price.add_argument(
        "usage", nargs="*", metavar="METER=NUMBER", help="for example sns.requests=1562500"
    )
    _pricing(price)
    _json(price)


def _pricing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prices",
        type=_day,
        default="2020-10-19",
        metavar="DAY",
        help="of a day (default: %(default)s)",
    )
    parser.add_argument("--free-tier", action="store_true", help="count AWS's free tier in")
    parser.add_argument("--tag", metavar="KEY", help="also by the values of a tag")
    parser.add_argument(
        "--times", type=_count, default=1, metavar="N", help="as if all of it were done N times"
    )


def _add_serving(add: Callable[..., argparse.ArgumentParser]) -> None:
    serve = add("serve", "serving:serve", "serve AWS in virtual time on a loopback port")
    _address(serve, "port to listen on; 0 picks one")
    _seed(serve)
    serve.add_argument(
        "--time", type=_time_mode, default="auto", metavar="auto|paced=N|paused", help="how it runs"
    )
    serve.add_argument(
        "--start", type=_start, default="now", metavar="now|INSTANT", help="when it begins"
    )
    serve.add_argument(
        "--traffic",
        choices=("none", "typical", "degraded"),
        default="none",
        help="what calls meet on their way: latency, and AWS's request quotas",
    )
    serve.add_argument("--journal", type=Path, metavar="FILE", help="write every fact to FILE")

    clock = add("clock", "serving:show", "read or move a served world's clock")
    _address(clock, "its port")
    verbs = clock.add_subparsers(title="what to do", metavar="show|advance")
    show = verbs.add_parser("show", help="print where it stands")
    _address(show, "its port", suppressed=True)
    advance = verbs.add_parser("advance", help="let time pass")
    advance.add_argument("duration", type=_duration, help="31s, 15m, 2h, 1d, 1h30m")
    advance.set_defaults(command="serving:advance")
    _address(advance, "its port", suppressed=True)


def _address(parser: argparse.ArgumentParser, says: str, *, suppressed: bool = False) -> None:
    """--host and --port. A verb's own, suppressed, leave the values given before the verb alone."""
    host: Any = argparse.SUPPRESS if suppressed else "127.0.0.1"
    port: Any = argparse.SUPPRESS if suppressed else 4566
    parser.add_argument("--host", default=host, help="default: 127.0.0.1")
    parser.add_argument("--port", type=_port, default=port, help=f"{says} (default: 4566)")


def _seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=_whole, default=DEFAULT_SEED, metavar="N", help=f"default: {DEFAULT_SEED}"
    )


def _solution(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--solution", type=Path, metavar="DIR", help=f"the files to use (default: {default})"
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def _count(text: str) -> int:
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _port(text: str) -> int:
    number = _whole(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; ports go from 0 to 65535")
    return number


def _time_mode(text: str) -> str:
    word, _, rate = text.partition("=")
    if word == "paced" and rate:
        _positive(rate)
    elif text not in ("auto", "paused"):
        raise argparse.ArgumentTypeError(f"{text!r} is none of auto, paced=N and paused")
    return text


def _start(text: str) -> Any:
    from lab.commands.durations import instant

    return text if text == "now" else _checked(instant, text)


def _day(text: str) -> Any:
    from datetime import date

    from simulator.price import POSTS

    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write one as 2026-01-01") from None
    if day < POSTS:
        raise argparse.ArgumentTypeError(f"the price list begins on {POSTS}; name a later day")
    return day


def _duration(text: str) -> float:
    from lab.commands.durations import duration_s

    return float(_checked(duration_s, text))


def _checked(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("paddock")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
