"""The cloud as it is now: the scenario's edges drawn, with live counts on every node."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from tui.badges import badge, states
from tui.folds import CloudState
from tui.graph import Edges, layers, tree
from tui.themes import TONES

GLOW_S = 1.0
"""Virtual seconds for which a node that was just in a fact is written in bold."""
_LEDGER_ROWS = 4


class Topology(Widget):
    """The drawing. Layers where they fit, a tree where they do not; a click on a node tells it."""

    DEFAULT_CSS = """
    Topology { height: auto; width: 1fr; }
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
        self._rows = 0

    def show(self, edges: Edges, cloud: CloudState, now_s: float) -> None:
        """Draw this cloud."""
        self._edges, self._cloud, self._now_s = edges, cloud, now_s
        rows = len(self._lines(self.size.width or 40))
        self.refresh(layout=rows != self._rows)
        self._rows = rows

    def render(self) -> RenderResult:
        """The drawing, the states of the machines, what is wrong on purpose, and the ledgers."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        self._places = []
        if not self._edges:
            return [Content.styled("The cloud is empty.", "$muted")]
        # In a small pane what happens now comes first, and the drawing scrolls below it.
        lines = self._faults() + self._machines(width)
        drawn = self._layered(width, len(lines)) or self._tree(width, len(lines))
        lines += drawn
        if self._is_roomy:
            lines += self._ledgers(width)
        return lines

    @property
    def _is_roomy(self) -> bool:
        return self._height >= 14

    @property
    def _height(self) -> int:
        """Rows of the pane around the drawing."""
        pane = self.parent
        return pane.scrollable_content_region.height if isinstance(pane, Widget) else 0

    # the drawing

    def _label(self, name: str) -> tuple[Content, int]:
        mark = badge(self._cloud, name)
        glowing = self._now_s - self._cloud.last_touched.get(name, -GLOW_S * 2) <= GLOW_S
        style = "bold $foreground" if glowing else "$foreground"
        parts = [(f"{mark.glyph} ", "$primary"), (name, style)]
        if mark.parts:
            parts += [(" ", ""), *((text, TONES[tone]) for text, tone in mark.parts)]
        label = Content.assemble(*parts)
        return label, label.cell_length

    def _tree(self, width: int, top: int) -> list[Content]:
        lines = []
        for row, branch in enumerate(tree(self._edges)):
            lead = Content.styled(branch.prefix, "$muted")
            if branch.again:
                rest = Content.styled(f"↑ {branch.name}", "$muted")
            else:
                rest, _ = self._label(branch.name)
            lines.append(Content.assemble(lead, rest).truncate(width, ellipsis=True))
            self._places.append((Region(0, top + row, width, 1), branch.name))
        return lines

    def _layered(self, width: int, top: int) -> list[Content] | None:
        labels = {name: self._label(name) for edge in self._edges for name in edge}
        # Counts grow: keep room for some digits, so that the drawing stands still.
        widths = {name: max(wide, len(name) + 8) for name, (_, wide) in labels.items()}
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
        lines: list[Content] = []
        for name, machine in self._cloud.machines.items():
            if not machine.states:
                continue
            line = Content.styled(f"◆ {name} ", "bold $primary")
            for state in states(machine):
                part = Content.assemble(*[(text, TONES[tone]) for text, tone in state], " ")
                if line.cell_length + part.cell_length > width + 1:
                    lines.append(line)
                    line = Content("  ")
                line = Content.assemble(line, part)
            lines.append(line)
        if lines and self._is_roomy:
            lines.append(Content(""))
        return lines

    def _faults(self) -> list[Content]:
        return [
            Content.styled(f"! {name} {fault.target} ×{fault.hits}", TONES["warn"])
            for name, fault in self._cloud.faults.items()
            if fault.active
        ]

    def _ledgers(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for name, partner in self._cloud.partners.items():
            for entry in list(partner.ledger)[-_LEDGER_ROWS:]:
                line = Content.assemble((f"⌂ {name} ", "$primary"), (entry, "$muted"))
                lines.append(line.truncate(width, ellipsis=True))
        return [Content(""), *lines] if lines else []

    def on_click(self, event: events.Click) -> None:
        """Tell which node was clicked."""
        offset = event.get_content_offset(self)
        for region, name in self._places:
            if offset is not None and region.contains_point(offset):
                self.post_message(self.Chosen(name))
                return
