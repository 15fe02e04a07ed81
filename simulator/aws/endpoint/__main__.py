"""`python -m simulator.aws.endpoint`: the endpoint alone, without the lab's command."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulator.aws.endpoint.serve import serve


def main(arguments: list[str]) -> int:
    """Serve until stopped; 2 where that cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m simulator.aws.endpoint")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", default="now", help="now, or an instant with its time zone")
    parser.add_argument("--time", default="auto", help="auto, paced=N or paused")
    parser.add_argument("--journal", type=Path)
    chosen = parser.parse_args(arguments)
    return serve(chosen.host, chosen.port, chosen.seed, chosen.start, chosen.time, chosen.journal)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
