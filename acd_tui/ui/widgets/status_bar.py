"""What the lines above and below the panes say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acd_tui.printable import printable
from acd_tui.transfers.model import QueueSnapshot, State
from acd_tui.ui.format import count
from acd_tui.ui.widgets.bar import Piece
from acd_tui.ui.widgets.listing import Listing
from acd_tui.units import show_duration, show_rate, show_size
from acd_tui.vfs.entry import MirrorStatus, Space

_STALE_SECONDS = 120

_APART = (
    (State.CONFLICT, "warning"),
    (State.FAILED, "error"),
    (State.CANCELLED, "dim"),
)
"""What is counted by itself, and how it looks."""


def contents_text(listing: Listing, *, wide: bool, whole: int | None = None) -> str:
    """What a folder holds, in the words of a status line.

    Args:
        listing: the folder's.
        wide: whether there is room for files and folders apart.
        whole: bytes of all that lies in it, at any depth; None if that is not known.
    """
    folders, files = listing.folders, listing.files
    in_all = f" · {show_size(whole)} in all" if folders and whole is not None else ""
    if not wide:
        return count(folders + files, "item") + in_all.removesuffix(" in all")
    if not files:
        return count(folders, "folder") + in_all if folders else "empty"
    held = show_size(listing.size)
    if not folders:
        return f"{count(files, 'file')}, {held}"
    text = f"{count(folders, 'folder')}, {count(files, 'file')}"
    return text + in_all if in_all else f"{text} ({held})"


def space_text(space: Space | None) -> str:
    """How much room there is, in the words of a status line."""
    if space is None:
        return ""
    if space.free is not None:
        return f"{show_size(space.free)} free"
    if space.used is not None:
        return f"{show_size(space.used)} used"
    return ""


def account_text(name: str, space: Space | None) -> str:
    """What of an account is used: `photos 12.0 GiB of 1.0 TiB`."""
    name = printable(name)
    if space is None or space.used is None:
        return name
    used = show_size(space.used)
    if space.total is None:
        return f"{name} {used} used"
    return f"{name} {used} of {show_size(space.total)}"


def mirror_pieces(status: MirrorStatus | None, now: float) -> list[Piece]:
    """How current a mirror is; nothing while it simply is."""
    if status is None:
        return []
    age = None if status.checked is None else max(0.0, now - status.checked)
    since = "" if age is None else f", {show_duration(age)} old"
    if status.problem is not None:
        why = "disk full" if status.disk_full else "offline"
        why = "signed out" if status.signed_out else why
        return [(f"{why}{since}", "warning")]
    if not status.complete and (status.filling or status.damage):
        what, look = "reading the drive", "accent"
        if status.damage:
            what, look = "copy damaged, made anew", "warning"
        return [(f"{what}, {status.nodes:,} so far", look)]
    if status.filling:
        return [("updating", "dim")]
    if age is not None and age > _STALE_SECONDS:
        return [(f"checked {show_duration(age)} ago", "dim")]
    return []


def queue_pieces(snapshot: QueueSnapshot) -> list[Piece]:
    """The queue in one line: what runs, how fast, how long; what needs the user."""
    pieces = progress_pieces(snapshot)
    for piece in _apart(snapshot.counts):
        pieces += [(" · ", "dim"), piece] if pieces else [piece]
    return pieces


def urgent_pieces(snapshot: QueueSnapshot) -> list[Piece]:
    """The same where there is little room: how far, how long, what needs the user."""
    pieces = progress_pieces(snapshot, brief=True)
    for text, look in _apart(snapshot.counts):
        if look != "dim":
            pieces += [(" · ", "dim"), (text, look)] if pieces else [(text, look)]
    return pieces


def progress_pieces(snapshot: QueueSnapshot, *, brief: bool = False) -> list[Piece]:
    """What runs, how fast and how long; `brief` leaves out what is said elsewhere."""
    counts = snapshot.counts
    pieces: list[Piece] = []
    if snapshot.unfinished:
        pieces += _progress(snapshot, brief=brief)
    elif snapshot.planning and snapshot.paused:
        pieces.append(
            (f"held, {count(snapshot.planning, 'job')} to look at", "warning")
        )
    elif snapshot.planning:
        pieces.append(_looking(snapshot))
    elif finished := counts.get(State.DONE, 0) + counts.get(State.SKIPPED, 0):
        pieces.append((f"{finished:,} finished", "dim"))
    elif not any(counts.values()):
        pieces.append(("queue empty", "dim"))
    return pieces


def of_files(snapshot: QueueSnapshot) -> tuple[int, int]:
    """How many files are done since the queue was last empty, and of how many."""
    counts = snapshot.counts
    dropped = counts.get(State.FAILED, 0) + counts.get(State.CANCELLED, 0)
    total = sum(counts.values()) - dropped - snapshot.past
    return total - snapshot.unfinished, total


def _looking(snapshot: QueueSnapshot) -> Piece:
    if not snapshot.blocked:
        return "looking what to copy…", "accent"
    return f"{printable(min(snapshot.blocked))} cannot be used now", "warning"


def _apart(counts: Mapping[State, int]) -> Iterator[Piece]:
    for state, look in _APART:
        if number := counts.get(state):
            word = f"{number:,} {state}"
            if state is State.CONFLICT:
                word = count(number, "conflict")
            yield word, look


def _progress(snapshot: QueueSnapshot, *, brief: bool) -> list[Piece]:
    pieces: list[Piece] = []
    if snapshot.paused:
        pieces.append(("held ", "warning"))
    elif snapshot.draining:
        word = (
            "finishing these, then stops" if snapshot.running else "starts nothing new"
        )
        pieces.append((f"{word} ", "warning"))
    elif not snapshot.here:
        pieces.append(("run by another acd-tui ", "dim"))
    gap = ""
    if not brief:
        done, total = of_files(snapshot)
        pieces.append((f"{done:,} of {total:,}", "accent"))
        gap = " "
    if snapshot.size:
        pieces.append((f"{gap}{100 * snapshot.done // snapshot.size}%", "strong"))
    if not snapshot.running:
        return pieces + _standing_still(snapshot.counts)
    return pieces + _pace(snapshot, brief=brief)


def _pace(snapshot: QueueSnapshot, *, brief: bool) -> list[Piece]:
    """Rate and time left; what is left of them once nothing runs would mislead."""
    pieces: list[Piece] = []
    if snapshot.rate > 0:
        pieces.append((f" · {show_rate(snapshot.rate)}", ""))
    if snapshot.bandwidth is not None and not brief:
        pieces.append((f" (at most {show_rate(snapshot.bandwidth)})", "dim"))
    if snapshot.left is not None and not snapshot.paused:
        pieces.append((f" · {show_duration(snapshot.left)} left", ""))
    return pieces


def _standing_still(counts: Mapping[State, int]) -> list[Piece]:
    return [
        (f" · {number:,} {state}", look)
        for state, look in ((State.WAITING, "warning"), (State.PAUSED, "dim"))
        if (number := counts.get(state))
    ]
