"""How the tests drive the screen: keys pressed, the worker's answers drawn."""

from __future__ import annotations

from collections.abc import Callable

from textual.pilot import Pilot

from tui.app import PaddockApp
from tui.screens.lab import LabScreen

Text = Callable[[PaddockApp], str]
"""The fixture `text`: what the terminal shows."""


async def settle(pilot: Pilot[int]) -> None:
    """Let the worker answer and the screen draw, until nothing is left to say."""
    for _ in range(2):
        await pilot.pause()
        for screen in pilot.app.screen_stack:
            if isinstance(screen, LabScreen) and screen.is_mounted:
                await screen.draw()
    await pilot.pause()


async def press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


def lab(app: PaddockApp) -> LabScreen:
    return next(screen for screen in app.screen_stack if isinstance(screen, LabScreen))
