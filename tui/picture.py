"""Draws the README's picture: `python -m tui.picture docs/tui.svg` plays a lab headless."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path

from lab.client import WorkerClient
from tui.app import PaddockApp
from tui.library import Library
from tui.screens.lab import LabScreen
from tui.session import Session
from tui.themes import DARK

SCENARIO, SEED, STEP = "wild_rydes/saga", 42, 4
"""The lab that is played with its reference, and the step (from 0) at whose end it is drawn."""
SIZE = (120, 36)
PATIENCE_S = 60.0
"""Real seconds after which a worker that does not come to the step's end is given up."""


class PictureError(Exception):
    """No picture could be drawn; the message says why."""


async def picture(theme: str = DARK, size: tuple[int, int] = SIZE, step: int = STEP) -> str:
    """The screen at a step's end, as SVG. Raises PictureError where the lab fails on the way."""
    app = PaddockApp(Library(), WorkerClient, seed=SEED)
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        app.open_lab(SCENARIO, watching=True)
        await pilot.pause()
        screen = app.screen
        if not isinstance(screen, LabScreen):
            raise PictureError(f"{SCENARIO} could not be opened")
        session = screen.session
        try:
            async with asyncio.timeout(PATIENCE_S):
                await _until(session, lambda: bool(session.steps))
                await session.rerun(step)
                await _until(session, lambda: step in session.reports)
        except TimeoutError as error:
            raise PictureError(f"{SCENARIO} took longer than {PATIENCE_S:.0f} s") from error
        await screen.draw()
        await pilot.pause()
        return _portable(app.export_screenshot(title="Paddock"))


def _portable(svg: str) -> str:
    """The picture without fonts from the network, and with its leading spaces for every viewer."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", "'Fira Code', 'DejaVu Sans Mono', Menlo, monospace")
    return svg.replace("<text ", '<text xml:space="preserve" ')


async def _until(session: Session, held: Callable[[], bool]) -> None:
    """Wait until something holds and time stands still."""
    while not held() or session.state != "paused":
        await asyncio.sleep(0.05)
        if session.epitaph or session.trouble:
            raise PictureError(session.epitaph or session.trouble)


def main(arguments: list[str]) -> int:
    """Write the picture to the file that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tui.picture FILE.svg\n")
        return 2
    try:
        Path(arguments[0]).write_text(asyncio.run(picture()), encoding="utf-8")
    except (PictureError, OSError) as error:
        sys.stderr.write(f"tui.picture: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
