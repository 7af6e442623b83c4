"""What to do about an edited file that could not be written back.

What was edited is worth more than a notification that goes away: the question stays
until it is answered, and whatever the answer is, the copy stays as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.transfers.planner import numbered
from acd_tui.ui.editing import NotSaved, save_beside
from acd_tui.ui.format import LOCAL, sentence, show_place
from acd_tui.ui.screens.confirm import Choose
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp


async def ask_about(
    app: AcdApp, filesystem: FileSystem, place: Place, error: NotSaved
) -> None:
    """Ask what is to become of the copy, and do that.

    Raises:
        AcdError: it cannot be saved beside the file either; the copy stays.
    """
    beside = numbered(place.path.name, 2)
    options = [
        ("l", "leave", "leave it there"),
        ("g", "go", "show it in this pane"),
        ("y", "copy", "copy its path"),
        ("b", "beside", f"save it beside, as {printable(beside)}"),
    ]
    chosen = await app.push_screen_wait(
        Choose(
            "Not saved",
            f"{sentence(error.message)}.",
            options,
            advice=sentence(error.hint or ""),
            end="Escape leaves it there",
        )
    )
    match chosen:
        case "go":
            folder = VPath.parse(str(error.kept.parent))
            app.browser.active.go(Place(LOCAL, folder), cursor=error.kept.name)
        case "copy":
            app.copy_to_clipboard(printable(str(error.kept)))
        case "beside":
            saved = await save_beside(
                app.engine, app.clock, filesystem, path=place.path, kept=error.kept
            )
            app.tell(f"Saved to {show_place(Place(place.filesystem, saved))}")
        case _:
            pass
