"""The app's two coats, dark and light; a terminal of 16 colours wears Textual's own ANSI ones."""

from __future__ import annotations

from textual.theme import Theme

DARK, LIGHT = "paddock-dark", "paddock-light"
ANSI_DARK, ANSI_LIGHT = "ansi-dark", "ansi-light"
OTHER = {DARK: LIGHT, LIGHT: DARK, ANSI_DARK: ANSI_LIGHT, ANSI_LIGHT: ANSI_DARK}
"""The coat that the light-and-dark key changes to."""

THEMES = (
    Theme(
        name=DARK,
        dark=True,
        primary="#7aa2f7",
        secondary="#bb9af7",
        accent="#ff9e64",
        success="#8ccf7e",
        warning="#e5c76b",
        error="#f7768e",
        foreground="#d5dae6",
        background="#11141b",
        surface="#161a23",
        panel="#262a31",
        variables={
            "muted": "#8490a8",
            "border": "#7aa2f7",
            "scrollbar": "#39435a",
            "scrollbar-hover": "#566280",
            "scrollbar-active": "#7aa2f7",
            "scrollbar-background": "#161a23",
            "scrollbar-background-hover": "#161a23",
            "scrollbar-background-active": "#161a23",
            "border-blurred": "#39435a",
            "block-cursor-background": "#7aa2f7",
            "block-cursor-foreground": "#11141b",
            "block-cursor-blurred-background": "#363b47",
            "block-cursor-blurred-foreground": "#d5dae6",
        },
    ),
    Theme(
        name=LIGHT,
        dark=False,
        primary="#2a5bd7",
        secondary="#7a3fc4",
        accent="#b4510c",
        success="#25702b",
        warning="#8a6100",
        error="#c0233f",
        foreground="#20252f",
        background="#f4f3ee",
        surface="#fbfaf7",
        panel="#e6e4db",
        variables={
            "muted": "#676b75",
            "border": "#2a5bd7",
            "scrollbar": "#b9b6aa",
            "scrollbar-hover": "#8f8c81",
            "scrollbar-active": "#2a5bd7",
            "scrollbar-background": "#eae8e0",
            "scrollbar-background-hover": "#eae8e0",
            "scrollbar-background-active": "#eae8e0",
            "border-blurred": "#b9b6aa",
            "block-cursor-background": "#2a5bd7",
            "block-cursor-foreground": "#ffffff",
            "block-cursor-blurred-background": "#d3dcf4",
            "block-cursor-blurred-foreground": "#20252f",
        },
    ),
)

MUTED = {"muted": "ansi_bright_black"}
"""What every other theme lacks: a quiet colour of its own."""

TONES = {
    "ok": "$text-success",
    "bad": "bold $text-error",
    "warn": "$text-warning",
    "info": "$foreground",
    "mark": "bold $secondary",
    "quiet": "$muted",
}
"""The style of each tone that `tui.telling` uses."""
