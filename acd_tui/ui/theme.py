"""The colours: themes of our own, each readable throughout, which a test computes.

Meaning is never carried by colour alone: the cursor is a bar, marks have a sign, states
have letters. So the screens stay readable without colour, which is a theme of its own:
there the cursor is reversed, and so is it where we do not know the terminal's colours.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

_COLOURED: Mapping[str, str] = {
    "cursor-style": "none",
    "cursor-blurred-style": "none",
    "bar-style": "none",
    "tab-style": "bold",
    "highlight-style": "none",
}
# Reversing is readable whatever the colours are.
_REVERSED: Mapping[str, str] = {
    "cursor-style": "reverse",
    "cursor-blurred-style": "underline",
    "bar-style": "reverse",
    "tab-style": "bold reverse",
    "highlight-style": "bold underline",  # Textual's lists cannot reverse
}

DARK = Theme(
    name="acd-dark",
    dark=True,
    primary="#7cb7ff",
    secondary="#99a4b5",
    accent="#f0b35a",
    foreground="#d5dae2",
    background="#12151b",
    surface="#181c24",
    panel="#212733",
    success="#7fc98f",
    warning="#f0b35a",
    error="#f58a90",
    variables={
        **_COLOURED,
        "text-muted": "#99a4b5",
        "text-disabled": "#8b97a9",
        "pane-folder": "#9cc8ff",
        "pane-dim": "#99a4b5",
        "pane-faint": "#8b97a9",
        "pane-line": "#4b5465",
        "pane-cursor": "#1d3a63",
        "highlight": "#1d3a63",
        "pane-cursor-blurred": "#242b38",
        "pane-mark": "#f0b35a",
        "pane-new": "#7fc98f",
        "bar-active": "#24344d",
        "on-primary": "#0b1017",
        "border": "#333c4c",
        "block-cursor-foreground": "#d5dae2",
        "block-cursor-background": "#1d3a63",
        "input-cursor-background": "#d5dae2",
        "block-hover-background": "#242b38",
        "input-selection-background": "#365a8a",
        "screen-selection-background": "#365a8a",
        "footer-key-foreground": "#f0b35a",
    },
)

LIGHT = Theme(
    name="acd-light",
    dark=False,
    primary="#1a4f93",
    secondary="#4c5664",
    accent="#7d4a00",
    foreground="#20262f",
    background="#f7f8fa",
    surface="#eef0f4",
    panel="#e2e6ec",
    success="#176030",
    warning="#7d4a00",
    error="#a01c24",
    variables={
        **_COLOURED,
        "text-muted": "#4c5664",
        "text-disabled": "#5b6675",
        "pane-folder": "#164f96",
        "pane-dim": "#4c5664",
        "pane-faint": "#5b6675",
        "pane-line": "#a9b2be",
        "pane-cursor": "#bcd6f7",
        "highlight": "#bcd6f7",
        "pane-cursor-blurred": "#dde3eb",
        "pane-mark": "#7d4a00",
        "pane-new": "#176030",
        "bar-active": "#cfdff3",
        "on-primary": "#ffffff",
        "border": "#c3cad4",
        "block-cursor-foreground": "#20262f",
        "block-cursor-background": "#bcd6f7",
        "input-cursor-background": "#20262f",
        "block-hover-background": "#dde3eb",
        "input-selection-background": "#86b4ee",
        "screen-selection-background": "#86b4ee",
        "footer-key-foreground": "#7d4a00",
    },
)

CONTRAST = Theme(
    name="acd-contrast",
    dark=True,
    primary="#7fdfff",
    secondary="#d9d9d9",
    accent="#ffd700",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    success="#5cff5c",
    warning="#ffd700",
    error="#ffb8b8",
    variables={
        **_REVERSED,
        "text-muted": "#d9d9d9",
        "text-disabled": "#cccccc",
        "pane-folder": "#7fdfff",
        "pane-dim": "#d9d9d9",
        "pane-faint": "#cccccc",
        "pane-line": "#8c8c8c",
        "pane-cursor": "#000000",
        "highlight": "#00396e",
        "pane-cursor-blurred": "#000000",
        "pane-mark": "#ffd700",
        "pane-new": "#5cff5c",
        "bar-active": "#00294d",
        "bar-style": "none",
        "tab-style": "bold",
        "on-primary": "#000000",
        "border": "#ffffff",
        "block-cursor-foreground": "#000000",
        "block-cursor-background": "#ffffff",
        "input-cursor-background": "#ffffff",
        "input-cursor-foreground": "#000000",
        "block-hover-background": "#333333",
        "input-selection-background": "#00539c",
        "screen-selection-background": "#00539c",
        "footer-key-foreground": "#ffd700",
    },
)


_USUAL = (
    "ansi-background",
    "ansi-foreground",
    "text-muted",
    "text-disabled",
    "pane-dim",
    "pane-faint",
    "pane-line",
    "pane-cursor",
    "highlight",
    "pane-cursor-blurred",
    "bar-active",
    "on-primary",
    "border",
    "border-blurred",
    "block-cursor-foreground",
    "block-cursor-background",
    "scrollbar",
    "scrollbar-hover",
    "scrollbar-active",
    "scrollbar-background",
    "scrollbar-background-hover",
    "scrollbar-background-active",
    "link-color",
    "link-color-hover",
    "link-background-hover",
    "input-selection-background",
    "input-selection-foreground",
    "screen-selection-background",
    "screen-selection-foreground",
)
"""What is in the terminal's usual colour, or behind it, in themes of its own colours."""


def _of_terminal(name: str, *, dark: bool, **colours: str) -> Theme:
    """A theme of the terminal's own colours; those not named are its usual one."""
    usual = "ansi_default"

    def colour(of: str) -> str:
        return colours.get(of, usual)

    return Theme(
        name=name,
        dark=dark,
        ansi=True,
        primary=colour("primary"),
        secondary=usual,
        accent=colour("accent"),
        foreground=usual,
        background=usual,
        surface=usual,
        panel=usual,
        boost=usual,
        success=colour("success"),
        warning=colour("warning"),
        error=colour("error"),
        variables={
            **_REVERSED,
            **dict.fromkeys(_USUAL, usual),
            "pane-folder": colour("primary"),
            "pane-mark": colour("warning"),
            "pane-new": colour("success"),
            "footer-key-foreground": colour("accent"),
            "block-cursor-text-style": "reverse",
        },
    )


ANSI_DARK = _of_terminal(
    "acd-ansi-dark",
    dark=True,
    primary="ansi_bright_cyan",
    accent="ansi_bright_yellow",
    success="ansi_bright_green",
    warning="ansi_bright_yellow",
    error="ansi_bright_red",
)
ANSI_LIGHT = _of_terminal(
    "acd-ansi-light",
    dark=False,
    primary="ansi_blue",
    accent="ansi_magenta",
    success="ansi_blue",
    warning="ansi_magenta",
    error="ansi_red",
)
NO_COLOUR = _of_terminal("acd-plain", dark=True)

THEMES = (DARK, LIGHT, CONTRAST, ANSI_DARK, ANSI_LIGHT, NO_COLOUR)

WORDS = {
    DARK.name: "dark",
    LIGHT.name: "light",
    CONTRAST.name: "high contrast",
    ANSI_DARK.name: "the terminal's own colours, on a dark background",
    ANSI_LIGHT.name: "the terminal's own colours, on a light background",
    NO_COLOUR.name: "no colours",
}
"""Name → what it is."""


def own_variables(chosen: Theme) -> Mapping[str, str]:
    """Return the colours that only our style sheets know, to go with any theme."""
    if chosen.ansi:
        return (ANSI_DARK if chosen.dark else ANSI_LIGHT).variables
    return (DARK if chosen.dark else LIGHT).variables
