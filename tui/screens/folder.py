"""The learner's side of the lab screen: their folder watched, edited and reset; hints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from lab.errors import LabError
from tui.editor import edit
from tui.messages import WorkspaceSaved
from tui.screens.base import PaddockScreen
from tui.screens.dialogs import Choose, Confirm, Hints
from tui.session import Session
from tui.watch import FolderWatch

if TYPE_CHECKING:
    from lab.lesson import Lesson
    from lab.report import StepReport
    from tui.library import Library

POLL_S = 0.5
"""Real seconds between two looks at the learner's folder."""


class FolderScreen(PaddockScreen):
    """A screen on one lab, with the folder in which the learner does it."""

    def __init__(self, session: Session, library: Library, lesson: Lesson) -> None:
        super().__init__()
        self.session = session
        self.library = library
        self.lesson = lesson
        self._saved: FolderWatch | None = None
        self._own_folder = session.solution
        self._watch_own_folder()

    def refuse(self, error: LabError) -> None:
        """Say why something could not be done."""
        self.notify(str(error), severity="error", markup=False, timeout=15)

    def keep(self, write: Callable[[], None]) -> None:
        """Write down progress; a disk that refuses must not end the lab."""
        try:
            write()
        except LabError as error:
            self.refuse(error)

    def record(self, reports: Iterable[StepReport]) -> None:
        """Keep the points of steps that the learner ran; the reference's are not theirs."""
        session = self.session
        if session.solution is None:
            return
        for report in reports:
            self.keep(partial(self.library.record, session.scenario, session.seed, report))

    def _watch_own_folder(self) -> None:
        folder = self.session.solution
        self._saved = FolderWatch(folder) if folder is not None else None

    async def poll(self) -> None:
        """Look whether a file was saved."""
        if self._saved is not None:
            changed = self._saved.poll()
            if changed:
                self.post_message(WorkspaceSaved(changed))

    async def on_workspace_saved(self, message: WorkspaceSaved) -> None:
        """Run the current step again with what was saved."""
        if self.session.epitaph or not self.session.steps:
            return
        names = sorted(file.name for file in message.files)
        what = names[0] if len(names) == 1 else f"{len(names)} files"
        self.notify(f"{what} saved: running step {self.session.shown + 1} again", markup=False)
        await self.session.rerun(self.session.shown)

    def action_edit(self) -> None:
        """Open one of the learner's files in $EDITOR."""
        folder = self.session.solution
        if folder is None:
            self.notify("You are watching the reference; w goes to your own files.", markup=False)
            return
        files = self.library.files(folder)
        if not files:
            self.notify(f"There are no files in {folder}; r resets the lab.", markup=False)
            return
        names = [str(file.relative_to(folder)) for file in files]

        def opened(choice: int | None) -> None:
            problem = edit(self.app, files[choice]) if choice is not None else None
            if problem:
                self.notify(problem, markup=False, timeout=15)

        if len(files) == 1:
            opened(0)
        else:
            self.app.push_screen(Choose(f"Edit in {folder}", names), opened)

    def action_reset(self) -> None:
        """Put the learner's folder back to the starter, if they mean it."""
        folder = self.session.solution
        if folder is None:
            self.notify("You are watching the reference; w goes to your own files.", markup=False)
            return
        question = (
            f"Put every file of {self.session.scenario} back to the starter?\n\n"
            f"What is in {folder} now is kept beside it as a backup."
        )

        async def answered(yes: bool | None) -> None:
            if yes:
                try:
                    kept = self.library.reset(self.session.scenario, folder)
                except LabError as error:
                    self.refuse(error)
                    return
                self._watch_own_folder()
                self.notify(kept, title="Reset", markup=False)
                await self.session.reopen()

        self.app.push_screen(Confirm("Reset the lab", question), answered)

    async def action_watch(self) -> None:
        """Change between the learner's folder and the reference."""
        session = self.session
        watching = session.solution is None
        if watching and self._own_folder is None:
            try:
                self._own_folder = self.library.workspace(session.scenario)
            except LabError as error:
                self.refuse(error)
                return
        session.solution = self._own_folder if watching else None
        self._watch_own_folder()
        whose = "your own files" if watching else "the reference"
        self.notify(f"The lab runs with {whose} now.", markup=False)
        await session.reopen()

    def action_hint(self) -> None:
        """The hint ladder of the shown step; what is read is recorded."""
        session = self.session
        if not session.steps:
            return
        step = session.steps[session.shown]
        used = self.library.hints_used(session.scenario, step.name)
        try:
            rungs = [(hint.name, hint.text) for hint in self.lesson.of(step.title).hints]
        except LabError:
            rungs = []
        dialog = Hints(step.title, rungs, used)

        def closed(_: None) -> None:
            if dialog.used > used:
                self.keep(lambda: self.library.use_hints(session.scenario, step.name, dialog.used))

        self.app.push_screen(dialog, closed)
