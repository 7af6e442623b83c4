"""The colours: one dark and one light theme of our own, restrained on purpose.

Meaning is never carried by colour alone: the cursor is a bar, marks have a sign, states
have letters. So the screens stay readable without colour.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="acd-dark",
    dark=True,
    primary="#7cb7ff",
    secondary="#9aa7b8",
    accent="#f0b35a",
    foreground="#d5dae2",
    background="#12151b",
    surface="#181c24",
    panel="#212733",
    success="#7fc98f",
    warning="#f0b35a",
    error="#f0787e",
    variables={
        "pane-folder": "#9cc8ff",
        "pane-dim": "#7c8698",
        "pane-faint": "#4b5465",
        "pane-cursor": "#2b4a73",
        "pane-cursor-blurred": "#242b38",
        "pane-mark": "#f0b35a",
        "pane-new": "#7fc98f",
        "bar-active": "#2b3a52",
        "border": "#333c4c",
        "input-cursor-background": "#d5dae2",
        "input-selection-background": "#2b4a73",
        "footer-key-foreground": "#f0b35a",
    },
)

LIGHT = Theme(
    name="acd-light",
    dark=False,
    primary="#1f5fae",
    secondary="#5b6675",
    accent="#9a5b00",
    foreground="#20262f",
    background="#f7f8fa",
    surface="#eef0f4",
    panel="#e2e6ec",
    success="#1f7a3a",
    warning="#9a5b00",
    error="#b3262e",
    variables={
        "pane-folder": "#164f96",
        "pane-dim": "#5f6a79",
        "pane-faint": "#a9b2be",
        "pane-cursor": "#bcd6f7",
        "pane-cursor-blurred": "#dde3eb",
        "pane-mark": "#9a5b00",
        "pane-new": "#1f7a3a",
        "bar-active": "#cfdff3",
        "border": "#c3cad4",
        "input-cursor-background": "#20262f",
        "input-selection-background": "#bcd6f7",
        "footer-key-foreground": "#9a5b00",
    },
)

THEMES = (DARK, LIGHT)

_OWN = ("pane-", "bar-")  # what no theme of others has


def own_variables(chosen: Theme) -> dict[str, str]:
    """Return the colours that only our style sheets know, to go with any theme."""
    ours = DARK if chosen.dark else LIGHT
    return {
        name: colour for name, colour in ours.variables.items() if name.startswith(_OWN)
    }
