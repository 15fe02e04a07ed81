"""The lab: what to do, what the cloud looks like now, what has happened, how you stand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.dom import DOMNode
from textual.widgets import Input, Static

from tui.awscli import NoCommandError, command_for
from tui.details import details
from tui.screens.bill import BillWindow
from tui.screens.dialogs import Words
from tui.screens.folder import POLL_S, FolderScreen
from tui.telling import ALL
from tui.widgets.checks import Checks, CheckWords
from tui.widgets.chrome import Heading, Keys, Transport
from tui.widgets.lesson import LessonPane, page
from tui.widgets.timeline import Timeline
from tui.widgets.topology import CloudPane, Topology

if TYPE_CHECKING:
    from lab.lesson import Lesson
    from tui.library import Library
    from tui.session import Session

FRAME_S = 1 / 12
"""Real seconds between two drawings, however fast the facts come in."""


class LabScreen(FolderScreen):
    """One lab, being done in the learner's folder or watched with the reference."""

    CSS_PATH = "lab.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next", "Run to the end of the step, or go on to the next"),
        Binding("space", "play", "Play or pause"),
        Binding("plus,equals_sign", "rate(1)", "Faster", key_display="+"),
        Binding("minus", "rate(-1)", "Slower", key_display="-"),
        Binding("right_square_bracket", "fact", "Run to the next fact", key_display="]"),
        Binding("left_square_bracket", "back", "Back to the step before", key_display="["),
        Binding("h", "hint", "Hints for this step"),
        Binding("e", "edit", "Edit a file of yours in $EDITOR"),
        Binding("f", "filter", "Timeline: story, calls, all"),
        Binding("slash", "search", "Search the timeline", key_display="/"),
        Binding("y", "copy", "Copy the fact as an AWS CLI command"),
        Binding("b", "bill", "What the run would have cost on AWS so far"),
        Binding("r", "reset", "Reset this lab"),
        Binding("w", "watch", "Watch the reference, or do it yourself"),
        Binding("z", "zoom", "Make the focused pane large, or small again"),
        Binding("R", "restart", "Run the step again; restart a dead worker"),
        Binding("escape", "leave", "Back, step by step, to the catalogue"),
    ]
    KEYS: ClassVar[list[tuple[str, str, str]]] = [
        ("h", "hint", "hint"),
        ("e", "edit", "edit"),
        ("f", "filter", "filter"),
        ("b", "bill", "bill"),
        ("r", "reset", "reset"),
        ("w", "watch", "watch"),
        ("z", "zoom", "zoom"),
        ("?", "keys", "app.help"),
        ("^p", "palette", "app.command_palette"),
        ("q", "quit", "app.quit"),
    ]

    def __init__(self, session: Session, library: Library, lesson: Lesson) -> None:
        super().__init__(session, library, lesson)
        self._drawing = asyncio.Lock()

    def compose_parts(self) -> ComposeResult:
        """The heading, the four panes, the clock and the keys."""
        yield Heading(self.session)
        yield Static(id="banner", markup=False)
        with Container(id="panes"):
            with LessonPane(id="lesson", classes="pane") as pane:
                pane.border_title = "Lesson"
            with CloudPane(id="cloud", classes="pane") as pane:
                pane.border_title = "Cloud"
            with Vertical(id="facts", classes="pane") as pane:
                pane.border_title = "Timeline"
                yield Input(placeholder="text to look for", id="search", compact=True)
                yield Timeline(id="timeline")
            with Checks(id="checks", classes="pane") as pane:
                pane.border_title = "Checks"
        yield Transport()
        yield Keys(self.KEYS, id="keys")

    def on_mount(self) -> None:
        """Listen to the worker, and draw what it says a few times a second."""
        self.query_one("#search").display = False
        self.session.changed |= {"lesson", "state", "clock", "checks", "facts"}
        self.run_worker(self.session.listen(), group="session", exit_on_error=True)
        self.set_interval(FRAME_S, self.draw)
        self.set_interval(POLL_S, self.poll)
        self.query_one(LessonPane).focus()

    async def on_unmount(self) -> None:
        """The worker goes with its screen."""
        await self.session.worker.close()

    # drawing

    async def draw(self) -> None:
        """Bring the panes up to what the session has learnt since the last time."""
        async with self._drawing:  # one after the other: each leaves the screen as it should be
            await self._draw()

    async def _draw(self) -> None:
        session = self.session
        changed, session.changed = session.changed, set()
        if not changed or not self.is_mounted:
            return
        if session.resume_at is not None:
            at, session.resume_at = session.resume_at, None
            if at > 0:
                await session.goto(at)
        if "reported" in changed:
            self.record(session.take_reports())
        self.query_one(Heading).refresh()
        self.query_one(Transport).show(session)
        if "state" in changed:
            self._draw_banner()
        if changed & {"lesson", "outline"}:
            await self._draw_lesson()
        if changed & {"facts", "clock", "cloud", "outline"}:
            self._draw_cloud()
        if "facts" in changed:
            self.query_one(Timeline).show(session.facts)
            self._caption()
        if changed & {"checks", "lesson", "outline"}:
            await self._draw_checks()

    def _draw_banner(self) -> None:
        session, banner = self.session, self.query_one("#banner", Static)
        if session.epitaph:
            banner.update(f"✗ {session.epitaph.rstrip('.')}. Press R to restart it.")
        elif session.trouble:
            banner.update(f"✗ {session.trouble}")
        banner.display = bool(session.epitaph or session.trouble)

    async def _draw_lesson(self) -> None:
        session = self.session
        await self.query_one(LessonPane).show(page(self.lesson, session))
        if session.steps:
            title = f"Lesson · step {session.shown + 1} of {len(session.steps)}"
            self.query_one("#lesson").border_title = title

    def _draw_cloud(self) -> None:
        session = self.session
        session.cloud.settle(session.now_s)
        edges = session.outline.edges if session.outline else ()
        self.query_one(Topology).show(edges, session.cloud, session.now_s)

    async def _draw_checks(self) -> None:
        session = self.session
        step = session.steps[session.shown] if session.steps else None
        report = session.reports.get(session.shown)
        running = session.open_step == session.shown
        pane = self.query_one(Checks)
        await pane.show(step, report, running=running)
        if report is not None:
            passed = "✓ passed" if report.passed else "✗ not yet"
            pane.border_title = f"Checks · {report.earned}/{report.points} pt · {passed}"
        else:
            worth = sum(check.points for check in step.checks) if step else 0
            pane.border_title = f"Checks · {worth} pt to earn"
        self.set_class(report is not None and not report.passed, "-failed")

    def _caption(self) -> None:
        self.query_one("#facts").border_title = f"Timeline · {self.query_one(Timeline).caption}"

    # the transport

    async def action_next(self) -> None:
        """Run to the step's end; where it has ended, turn to the next step."""
        session = self.session
        if session.is_at_rest_after_step:
            session.show(session.shown + 1)
        elif await self._can_move():
            await session.advance("step_end")

    async def action_play(self) -> None:
        """Play, or pause what plays or runs."""
        session = self.session
        if session.is_busy:
            await session.pause()
        elif await self._can_move():
            await session.play()

    async def action_fact(self) -> None:
        """Run to the next fact."""
        if await self._can_move():
            await self.session.advance("fact")

    async def _can_move(self) -> bool:
        """Whether time can move; says why not. A step shown out of turn is gone to first."""
        session = self.session
        if session.epitaph or not session.steps or session.state == "running":
            self.app.bell()  # what runs flat out is at its end before another key could matter
            return False
        if session.verdict is not None and session.verdict.error:
            then = "R tries again." if session.solution is None else "A save or R tries again."
            self.notify(f"The lab could not be set up. {then}", markup=False)
            return False
        if session.open_step is None and session.next_step >= len(session.steps):
            self.notify("Every step is done. [ goes back a step, r begins again.", markup=False)
            return False
        session.show(session.next_step)
        return True

    async def action_back(self) -> None:
        """To the beginning of this step, or of the one before where this one has not begun."""
        session = self.session
        begun = session.open_step == session.shown or session.shown in session.reports
        await self.action_goto(session.shown if begun else max(0, session.shown - 1))

    async def action_goto(self, index: int) -> None:
        """To the beginning of a step: a fresh world, replayed up to there."""
        if self.session.epitaph or index >= len(self.session.steps):
            self.app.bell()
            return
        await self.session.goto(index)

    async def action_rate(self, by: int) -> None:
        """Another rate; what plays goes on at it."""
        self.session.faster(by)
        if self.session.state == "playing":
            await self.session.play()

    async def action_restart(self) -> None:
        """A new worker for a dead one; otherwise this step once more."""
        if self.session.epitaph:
            await self.session.restart()
        elif self.session.steps:
            await self.session.rerun(self.session.shown)

    # the timeline and the cloud

    def action_filter(self) -> None:
        """Show the story, the calls too, or everything."""
        timeline = self.query_one(Timeline)
        timeline.level = (timeline.level + 1) % (ALL + 1)
        self._caption()

    def action_search(self) -> None:
        """Type what to look for."""
        search = self.query_one("#search", Input)
        search.display = True
        search.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter the timeline as it is typed."""
        self.query_one(Timeline).needle = event.value.strip()
        self._caption()

    def on_input_submitted(self) -> None:
        """Back to the timeline, filtered."""
        self.query_one(Timeline).focus()

    def on_topology_chosen(self, message: Topology.Chosen) -> None:
        """Show the facts of a node; a second click shows all again."""
        search = self.query_one("#search", Input)
        search.value = "" if search.value == message.name else message.name
        search.display = bool(search.value)

    def action_copy(self) -> None:
        """Copy the command that would cause the fact under the cursor."""
        fact = self.query_one(Timeline).fact
        if fact is None:
            self.notify("Choose a fact in the timeline first.", markup=False)
            return
        try:
            command = command_for(fact)
        except NoCommandError as error:
            self.notify(str(error), markup=False)
            return
        self.app.copy_to_clipboard(command)
        self.notify(command, title="Copied", markup=False)

    def action_bill(self) -> None:
        """The bill of the run, in a window that keeps up with it."""
        self.app.push_screen(BillWindow(self.session))

    def on_timeline_opened(self, message: Timeline.Opened) -> None:
        """All of a fact, in a window."""
        try:
            command = command_for(message.fact)
        except NoCommandError:
            command = None
        self.app.push_screen(
            Words(message.fact.what, details(message.fact, command), copies=command)
        )

    def on_checks_opened(self, message: Checks.Opened) -> None:
        """All that a check says, in a window."""
        self.app.push_screen(Words(message.name, CheckWords(message.lines)))

    # the screen

    def action_zoom(self) -> None:
        """Let the focused pane fill the screen, or put it back."""
        panes = self.query_one("#panes")
        zoomed = panes.query(".-zoomed")
        if zoomed:
            zoomed.remove_class("-zoomed")
            panes.remove_class("-zoom")
            return
        pane: DOMNode | None = self.focused
        while pane is not None and not pane.has_class("pane"):
            pane = pane.parent
        if pane is not None:
            pane.add_class("-zoomed")
            panes.add_class("-zoom")

    def action_leave(self) -> None:
        """Close the search, then the zoom, then the lab."""
        search = self.query_one("#search", Input)
        if search.display:
            search.value = ""
            search.display = False
            self.query_one(Timeline).focus()
        elif self.query_one("#panes").has_class("-zoom"):
            self.action_zoom()
        else:
            self.app.pop_screen()
