"""What a pane says of itself: beside its path, and where there are no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.errors import AcdError, SignInNeeded
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import LOCAL, fit_end, sentence
from acd_tui.ui.widgets.bar import Piece

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.widgets.pane import Pane

_NAME_CELLS = 16


def path_note(pane: Pane) -> Piece | None:
    """Return what stands beside the path, if anything does."""
    if pane.target != pane.place or pane.known:
        return ("…", "dim")
    if pane.problem is not None:
        return ("not listed", "error")
    if pane.files.pattern:
        return (f"filter: {printable(pane.files.pattern)}", "warning")
    if not pane.is_complete and len(pane.files):
        return ("sorting…", "dim")
    if pane.opening:
        names = ", ".join(printable(folder.name) for folder in pane.opening)
        return (f"opening {fit_end(names, _NAME_CELLS).rstrip()}… Esc stops", "dim")
    return None


def why_empty(pane: Pane) -> tuple[str, ...]:
    """Return what is said where a listing has no rows to show; nothing if it has."""
    if pattern := pane.files.pattern:
        return (f"No name fits “{printable(pattern)}”", "Esc shows all")
    if pane.has_found:
        return ("Nothing matches",)
    if not len(pane.files):
        return ("This folder is empty", "F7 makes a folder in it")
    return ()


def slow(app: AcdApp, place: Place) -> tuple[str, ...]:
    """Return what is said where a place has not been listed for some time."""
    who = place.filesystem
    name = "The disk" if who == LOCAL else printable(who)
    return (
        "Loading…",
        f"{name} has not answered yet",
        f"{app.key_of('filesystem')} shows something else here, "
        f"{app.key_of('log')} shows the log",
    )


def failure(app: AcdApp, place: Place, error: AcdError) -> list[str]:
    """Return what is said where a place could not be listed."""
    lines = [printable(sentence(error.message))]
    if error.hint:
        lines.append(printable(sentence(error.hint)))
    if isinstance(error, SignInNeeded) and app.setup is not None:
        lines.append(f"{app.key_of('remotes')} signs in again")
    elsewhere = f"{app.key_of('filesystem')} shows something else here"
    if place.path.parts:
        elsewhere = f"{app.key_of('parent')} goes up"
    lines.append(f"{app.key_of('refresh')} tries again, {elsewhere}")
    return lines
