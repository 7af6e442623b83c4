"""All that is known of a file or a folder, in lines; what may be written is changed."""

from __future__ import annotations

from collections.abc import Iterator

from acd_tui.ui.format import exact_size, time_cell
from acd_tui.ui.linear.lines import Lines
from acd_tui.ui.screens.wording import in_own_zone
from acd_tui.vfs.capabilities import Annotated, Described
from acd_tui.vfs.entry import Details, Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

_LEAVE, _DESCRIPTION, _LABELS = "leave it", "the description", "the labels"


async def properties(
    lines: Lines, filesystem: FileSystem, path: VPath, entry: Entry
) -> None:
    """Say all of it, and ask for another description or labels where they are kept.

    Raises:
        AcdError: the rest cannot be asked for, or not be written.
    """
    details: Details | None = None
    described: object = filesystem
    if isinstance(described, Described):
        details = await described.details(path)
    for name, value in _facts(entry, details):
        lines.say(f"{name}: {in_own_zone(value)}")
    if details is None or details.description is None:
        return
    lines.say(f"Description: {details.description or 'none'}")
    lines.say(f"Labels: {', '.join(details.labels) or 'none'}")
    if isinstance(described, Annotated):
        await _annotate(lines, described, path, details)


def _facts(entry: Entry, details: Details | None) -> Iterator[tuple[str, str]]:
    yield "Name", entry.name
    yield "Kind", entry.kind.value
    if entry.size is not None:
        yield "Size", exact_size(entry.size)
    yield "Modified", time_cell(entry.modified_ns, wide=True) or "unknown"
    said = () if details is None else details.facts
    known = {name for name, _ in said}
    for name, value in (("MD5", entry.md5), ("Node id", entry.id)):
        if value and name not in known:
            yield name, value
    yield from ((name, value) for name, value in said if value)


async def _annotate(
    lines: Lines, filesystem: Annotated, path: VPath, details: Details
) -> None:
    asked = [_LEAVE, _DESCRIPTION, _LABELS]
    chosen = await lines.choose("What is to be changed?", asked)
    if chosen == _LEAVE:
        return
    description, labels = details.description or "", list(details.labels)
    if chosen == _DESCRIPTION:
        answer = await lines.ask("New description, or nothing for none: ")
        description = (answer or "").strip()
    else:
        answer = await lines.ask("Labels, separated by commas, or nothing for none: ")
        words = (word.strip() for word in (answer or "").split(","))
        labels = list(dict.fromkeys(word for word in words if word))
    if answer is None:  # the end of what is typed is no wish
        return
    await filesystem.annotate(path, description=description, labels=labels)
    lines.say("Saved.")
