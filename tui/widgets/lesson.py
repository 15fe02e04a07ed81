"""What to do: the section of the lesson that belongs to the shown step."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from lab.errors import LabError
from lab.lesson import Lesson
from tui.session import Session


def page(lesson: Lesson, session: Session) -> str:
    """The Markdown of the shown step; the first page begins with the introduction."""
    parts = []
    if session.shown == 0:
        parts.append(lesson.introduction)
    if session.steps:
        title = session.steps[session.shown].title
        try:
            parts.append(f"## {title}\n\n{lesson.of(title).text}")
        except LabError as error:
            parts.append(str(error))
    return "\n\n".join(part for part in parts if part)


class LessonPane(VerticalScroll):
    """The lesson's text, one step at a time."""

    DEFAULT_CSS = """
    LessonPane {
        scrollbar-size-vertical: 1;
        & Markdown { padding: 0 1 0 0; background: transparent; }
        & MarkdownBlock { margin: 0 0 1 0; }
        & MarkdownH1, & MarkdownH2, & MarkdownH3, & MarkdownH4 {
            margin: 0 0 1 0; padding: 0; text-style: bold; content-align: left middle;
            color: $primary; background: transparent; border: none; width: 1fr;
        }
        & MarkdownFence { margin: 0 0 1 0; max-height: 100%; }
        & MarkdownBulletList, & MarkdownOrderedList { margin: 0 0 1 0; padding: 0; }
        & MarkdownBullet { color: $accent; }
        & MarkdownBlockQuote { margin: 0 0 1 0; padding: 0 0 0 1; }
        & MarkdownBulletList MarkdownParagraph, & MarkdownOrderedList MarkdownParagraph {
            margin: 0;
        }
        & MarkdownTableContent { keyline: none; grid-gutter: 0 1; }
        & MarkdownFence > Label { padding: 0 1; }
    }
    """

    def compose(self) -> ComposeResult:
        """An empty page."""
        yield Markdown(open_links=False)

    async def show(self, text: str) -> None:
        """Show this Markdown from its beginning."""
        page = self.query_one(Markdown)
        if page.source != text:
            await page.update(text)
            self.scroll_home(animate=False)
