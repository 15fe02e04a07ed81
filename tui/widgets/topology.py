"""The cloud as it is now: the scenario's edges drawn, with live counts on every node."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.widget import Widget

from tui.badges import badge, states
from tui.folds import CloudState
from tui.graph import Edges, layers, tree
from tui.themes import TONES

GLOW_S = 1.0
"""Virtual seconds for which a node that was just in a fact is written in bold."""
_STRIP_ROWS = 2


class CloudPane(VerticalScroll):
    """The pane around the drawing, which is drawn again when the pane changes its size."""

    # The drawing's width must not hang on whether it needs a scrollbar: its height hangs on it.
    DEFAULT_CSS = """
    CloudPane { scrollbar-gutter: stable; scrollbar-size-vertical: 1; }
    """

    def compose(self) -> ComposeResult:
        """The drawing."""
        yield Topology()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.query_one(Topology).redraw()


class Topology(Widget):
    """The drawing. Layers where they fit, a tree where they do not; a click on a node tells it."""

    DEFAULT_CSS = """
    Topology { height: 1; width: 1fr; }
    """

    class Chosen(Message):
        """Someone clicked a node."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._edges: Edges = ()
        self._cloud = CloudState()
        self._now_s = 0.0
        self._places: list[tuple[Region, str]] = []
        self._drawn: list[Content] = []

    def show(self, edges: Edges, cloud: CloudState, now_s: float) -> None:
        """Draw this cloud."""
        self._edges, self._cloud, self._now_s = edges, cloud, now_s
        self.redraw()

    def redraw(self) -> None:
        """Draw for the pane as it is now: how the cloud is drawn depends on the room there is."""
        self._drawn = self._lines(self._room.width)
        if self.styles.height is None or self.styles.height.value != len(self._drawn):
            self.styles.height = len(self._drawn)
        self.refresh()

    def render(self) -> RenderResult:
        """The drawing, the states of the machines, what is wrong on purpose, and the ledgers."""
        return Content("\n").join(self._drawn)

    def _lines(self, width: int) -> list[Content]:
        self._places = []
        if not self._edges:
            return [Content.styled("The cloud is empty.", "$muted")]
        # In a small pane what happens now comes first, and the drawing scrolls below it.
        lines = self._faults(width) + self._machines(width)
        drawn = self._layered(width, len(lines)) or self._tree(width, len(lines))
        lines += drawn
        if self._is_roomy:
            lines += self._ledgers(width, self._height - len(lines) - 1)
        return lines

    @property
    def _is_roomy(self) -> bool:
        return self._height >= 14

    @property
    def _height(self) -> int:
        """Rows of the pane around the drawing."""
        return self._room.height

    @property
    def _room(self) -> Size:
        pane = self.parent
        return pane.scrollable_content_region.size if isinstance(pane, Widget) else Size(40, 10)

    # the drawing

    def _label(self, name: str) -> tuple[Content, int]:
        mark = badge(self._cloud, name)
        glowing = self._now_s - self._cloud.last_touched.get(name, -GLOW_S * 2) <= GLOW_S
        style = "bold $foreground" if glowing else "$foreground"
        parts = [(f"{mark.glyph} ", "$primary"), (self._short(name), style)]
        if mark.parts:
            parts += [(" ", ""), *((text, TONES[tone]) for text, tone in mark.parts)]
        label = Content.assemble(*parts)
        return label, label.cell_length

    def _short(self, name: str) -> str:
        """A host by its first label, where no other node begins with that."""
        first = name.partition(".")[0]
        names = {name for edge in self._edges for name in edge}
        alike = [other for other in names if other.partition(".")[0] == first]
        return first if len(alike) == 1 else name

    def _tree(self, width: int, top: int) -> list[Content]:
        lines: list[Content] = []
        sole = {source: 0 for source, _ in self._edges}
        for source, _ in self._edges:
            sole[source] += 1
        before = ""
        for branch in tree(self._edges):
            if branch.again:
                label = Content.styled(f"↑{self._short(branch.name)}", "$muted")
            else:
                label, _ = self._label(branch.name)
            # An only child that has none goes on its parent's line, where it fits.
            beside = before and sole[before] == 1 and (branch.again or branch.name not in sole)
            if beside and lines[-1].cell_length + label.cell_length + 2 <= width:
                x, y = lines[-1].cell_length, top + len(lines) - 1
                lines[-1] = Content.assemble(lines[-1], (" ▸", "$muted"), label)
                self._places.insert(0, (Region(x, y, width - x, 1), branch.name))
            else:
                line = Content.assemble((branch.prefix, "$muted"), label)
                self._places.append((Region(0, top + len(lines), width, 1), branch.name))
                lines.append(line.truncate(width, ellipsis=True))
            before = "" if branch.again or branch.name not in sole else branch.name
        return lines

    def _layered(self, width: int, top: int) -> list[Content] | None:
        labels = {name: self._label(name) for edge in self._edges for name in edge}
        # Counts grow: keep room for some digits, so that the drawing stands still.
        widths = {name: max(wide, len(self._short(name)) + 8) for name, (_, wide) in labels.items()}
        drawing = layers(self._edges, widths, max(1, self._height - top))
        if drawing.width > width:
            return None
        leads = {source for source, _ in self._edges}
        starts = {(x, y): name for name, (x, y) in drawing.nodes.items()}
        lines = []
        for y in range(drawing.height):
            parts: list[Content] = []
            x = 0
            while x < drawing.width:
                name = starts.get((x, y))
                if name is None:
                    parts.append(Content.styled(drawing.strokes.get((x, y), " "), "$muted"))
                    x += 1
                    continue
                label, wide = labels[name]
                parts.append(label)
                self._places.append((Region(x, top + y, wide, 1), name))
                x += wide
                if (x + 1, y) in drawing.strokes or name in leads:  # out to where its edge begins
                    reach = widths[name] - wide
                    parts.append(Content.styled(" " + "─" * reach, "$muted"))
                    x += reach + 1
            lines.append(Content.assemble(*parts))
        return lines

    # what is said around it

    def _machines(self, width: int) -> list[Content]:
        """The states of the latest execution: of every machine, or of the last one that moved."""
        cloud = self._cloud
        names = [name for name, machine in cloud.machines.items() if machine.states]
        if self._is_roomy:
            lines = [line for name in names for line in self._strip(name, width)]
            return [*lines, Content("")] if lines else []
        if not names:
            return []
        last = max(names, key=lambda name: cloud.last_touched.get(name, 0.0))
        lines = self._strip(last, width)
        done = 0
        while len(lines) > _STRIP_ROWS and done < len(cloud.machines[last].states):
            done += 1
            lines = self._strip(last, width, done)
        return lines

    def _strip(self, name: str, width: int, done: int = 0) -> list[Content]:
        """A machine's states in as many lines as they take, but for the first `done` good ones."""
        lines: list[Content] = []
        line = Content.styled(f"◆ {name} ", "bold $primary")
        shown = states(self._cloud.machines[name])
        good = [state for state in shown if state[0][1] == "ok" and not state[1][0]][:done]
        if good:
            line = Content.assemble(line, (f"✓{len(good)}… ", TONES["ok"]))
        for state in shown:
            if any(state is one for one in good):
                continue
            part = Content.assemble(*[(text, TONES[tone]) for text, tone in state], " ")
            if line.cell_length + part.cell_length > width + 1:
                lines.append(line)
                line = Content("  ")
            line = Content.assemble(line, part)
        return [*lines, line]

    def _faults(self, width: int) -> list[Content]:
        return [
            Content.styled(f"! {name} ×{fault.hits}", TONES["warn"]).truncate(width, ellipsis=True)
            for name, fault in self._cloud.faults.items()
            if fault.active
        ]

    def _ledgers(self, width: int, room: int) -> list[Content]:
        """What each partner did last, as far as there is room below the drawing."""
        lines: list[Content] = []
        rows = room // max(1, len(self._cloud.partners))
        if rows < 1:
            return lines
        for name, partner in self._cloud.partners.items():
            for entry in list(partner.ledger)[-rows:]:
                line = Content.assemble((f"⌂ {self._short(name)} ", "$primary"), (entry, "$muted"))
                lines.append(line.truncate(width, ellipsis=True))
        return [Content(""), *lines] if lines else []

    def on_click(self, event: events.Click) -> None:
        """Tell which node was clicked."""
        offset = event.get_content_offset(self)
        for region, name in self._places:
            if offset is not None and region.contains_point(offset):
                self.post_message(self.Chosen(name))
                return
