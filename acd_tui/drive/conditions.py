"""What a search asks for, as a condition of SQL on the mirror's table `node`."""

from __future__ import annotations

from collections.abc import Mapping

from acd_tui.drive.likeness import pattern
from acd_tui.drive.rows import FILE, FOLDER, SHOWN, TRASHED, TRASHED_WITH_FOLDER, key_of
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import (
    Below,
    ChangedIn,
    Md5Begins,
    NameEnds,
    NameHas,
    NameLike,
    Query,
    SizeIn,
    Test,
)

Value = int | str | bytes

# Folders in the trash, too: what lies in them is told apart by its way to the root.
_BELOW = """parent IN (
    WITH RECURSIVE below (id) AS (
        SELECT ?
        UNION SELECT node.id FROM below JOIN node ON node.parent = below.id
        WHERE node.kind = 0
    ) SELECT id FROM below
)"""


def condition(
    query: Query, folders: Mapping[VPath, str]
) -> tuple[str, tuple[Value, ...]]:
    """Return a condition and its parameters.

    Args:
        query: what is asked for.
        folders: the ids of the folders that it names.
    """
    states = (TRASHED, TRASHED_WITH_FOLDER) if query.trashed else SHOWN
    parts = []
    parameters: list[Value] = []
    for word in query.words:
        sql, values = _test(word.test, folders)
        # Of what has no size it is true that its size is not that.
        parts.append(sql if word.wanted else f"({sql}) IS NOT TRUE")
        parameters += values
    # Last: of most nodes a word is false, and this is true.
    parts.append(f"state IN ({', '.join(map(str, states))})")
    return " AND ".join(parts), tuple(parameters)


def _test(test: Test, folders: Mapping[VPath, str]) -> tuple[str, tuple[Value, ...]]:
    match test:
        case NameHas() | NameLike() | NameEnds():
            found: tuple[str, tuple[Value, ...]] = _name_test(test)
        case SizeIn(least, most):
            found = f"kind = {FILE} AND size >= ? AND size <= ?", (least, most)
        case Md5Begins(digits):
            low, high = (bytes.fromhex(digits.ljust(32, fill)) for fill in "0f")
            found = "md5 >= ? AND md5 <= ?", (low, high)
        case Below(folder) if folder.is_root:
            found = "TRUE", ()  # for what is not, no way is found anyway
        case Below(folder):
            found = _BELOW, (folders[folder],)
        case ChangedIn(since, before):
            found = "modified_ns >= ? AND modified_ns < ?", (since, before)
        case _:
            found = "kind = ?", (FOLDER if test.kind is Kind.FOLDER else FILE,)
    return found


def _name_test(test: NameHas | NameLike | NameEnds) -> tuple[str, tuple[Value, ...]]:
    match test:
        case NameHas(text):
            return "instr(key, ?)", (key_of(text),)
        case NameLike(letters):
            return "key GLOB ?", (pattern(letters),)
        case NameEnds(ending):
            return "substr(key, ?) = ?", (-len(ending), key_of(ending))
