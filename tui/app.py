"""The app: a catalogue, a lab above it, and what holds on every screen."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from lab.errors import LabError
from lab.lesson import Lesson
from tui.library import Library
from tui.screens.base import PaddockScreen
from tui.screens.catalogue import CatalogueScreen
from tui.screens.dialogs import Words
from tui.screens.lab import LabScreen
from tui.session import Session, Worker
from tui.themes import ANSI_DARK, DARK, MUTED, OTHER, THEMES


class PaddockApp(App[int]):
    """Paddock on a terminal."""

    TITLE = "Paddock"
    CSS = "SearchIcon { display: none; }"  # an emoji, two cells wide on some terminals only
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Keys"),
        Binding("ctrl+t", "coat", "Light or dark"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(
        self,
        library: Library,
        worker: Callable[[], Worker],
        *,
        scenario: str | None = None,
        seed: int = 42,
        solution: Path | None = None,
    ) -> None:
        super().__init__()
        self.library = library
        self._worker = worker
        self._first = scenario
        self._seed = seed
        self._solution = solution

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables that our styles use and not every theme has."""
        return MUTED

    def on_mount(self) -> None:
        """Put a coat on; show the catalogue, and the lab that was asked for."""
        for theme in THEMES:
            self.register_theme(theme)
        few_colours = self.console.color_system in (None, "standard", "windows")
        self.theme = ANSI_DARK if few_colours else DARK
        self.push_screen(CatalogueScreen(self.library))
        if self.library.notice:
            self.notify(self.library.notice, severity="warning", markup=False, timeout=15)
        if self._first is not None:
            self.open_lab(self._first, solution=self._solution)

    def open_lab(
        self, scenario: str, *, solution: Path | None = None, watching: bool = False
    ) -> None:
        """Open a lab in the learner's folder or the one that is named, or watch its reference."""
        try:
            folder = None if watching else solution or self.library.workspace(scenario)
        except LabError as error:
            self.notify(str(error), severity="error", markup=False, timeout=15)
            return
        try:
            lesson = self.library.lesson(scenario)
        except LabError as error:  # the lab can be done without its words
            lesson = Lesson(scenario, str(error), ())
        session = Session(self._worker(), scenario, self._seed, folder)
        self.push_screen(LabScreen(session, self.library, lesson))

    def action_help(self) -> None:
        """The keys of the screen in front."""
        screen = self.screen
        if isinstance(screen, PaddockScreen):
            self.push_screen(Words("Keys", screen.help()))

    def action_coat(self) -> None:
        """From dark to light, or back."""
        self.theme = OTHER.get(self.theme, DARK)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers: the screen's keys by their names, then Textual's own."""
        for entry in type(screen).BINDINGS:
            if isinstance(entry, Binding) and entry.action != "leave":
                action = entry.action

                async def act(action: str = action) -> None:
                    await screen.run_action(action)

                yield SystemCommand(entry.description, f"Key {entry.key_display or entry.key}", act)
        yield SystemCommand("Keys of this screen", "Key ?", self.action_help)
        yield SystemCommand("Light or dark", "Key ^t", self.action_coat)
        ours = {"Keys", "Maximize", "Minimize"}  # which F1 and z do better
        for command in super().get_system_commands(screen):
            if command.title not in ours:
                yield command


def run_tui(scenario: str | None, seed: int, solution: Path | None) -> int:
    """Show the catalogue, or a lab; returns the exit code.

    Raises LabError where the scenario, the folder or the terminal cannot be used.
    """
    from lab.client import WorkerClient

    library = Library()
    if scenario is not None:
        scenario = library.check(scenario, solution)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # where Textual reads and draws
        raise LabError("the screen needs a terminal; 'paddock run' needs none")
    app = PaddockApp(library, WorkerClient, scenario=scenario, seed=seed, solution=solution)
    app.run()
    return app.return_code or 0
