"""What a remote's mirror knows, read while all else of the program is being loaded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from acd_tui.config.options import RemoteOptions
from acd_tui.errors import AcdError

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes
    from acd_tui.locations import Locations
    from acd_tui.transfers.model import Place
    from acd_tui.vfs.entry import Entry

_ROWS = 300  # more than there are lines on a screen

_log = logging.getLogger(__name__)


def first_look(
    locations: Locations, remotes: Remotes, place: Place, *, given: bool = False
) -> Future[Sequence[Entry]]:
    """Begin to read the first entries of a remote's folder, in a thread.

    There are none where nothing is known of it, and where something is wrong with it:
    the session will tell, once it is open.

    Args:
        locations: where the mirror is.
        remotes: the configured ones.
        place: the folder.
        given: whether it is of a remote of this run only, which is not among those.
    """
    seen: Future[Sequence[Entry]] = Future()

    def look() -> None:
        entries: Sequence[Entry] = ()
        try:
            entries = _look(locations, None if given else remotes, place)
        except AcdError:
            pass
        except Exception:  # noqa: BLE001 - the thread's border
            _log.exception("a mirror could not be looked at")
        seen.set_result(entries)

    threading.Thread(target=look, name="first look", daemon=True).start()
    return seen


def _look(
    locations: Locations, remotes: Remotes | None, place: Place
) -> Sequence[Entry]:
    file = locations.mirror_file(place.filesystem)
    if not file.exists():
        return ()
    options = RemoteOptions() if remotes is None else remotes.get(place.filesystem)
    from acd_tui.session.glance import glance
    from acd_tui.session.ownership import sealer

    return glance(file, options, place.path, _ROWS, seal=sealer(options))
