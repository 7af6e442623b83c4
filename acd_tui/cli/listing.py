"""The lines that rclone prints for a listing.

The formats are rclone's, byte for byte (amazon-drive-api.md §7.9), so that scripts
written for it go on working.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice

import msgspec

from acd_tui.errors import AcdError
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.walking import Walked

_AT_A_TIME = 8  # as rclone's --checkers
_NO_TIME = "0001-01-01 00:00:00"


async def with_md5(
    filesystem: FileSystem, found: Sequence[Walked]
) -> AsyncIterator[Sequence[tuple[Walked, str | AcdError | None]]]:
    """Go through entries and say the MD5 of each; None where there is none.

    Where it has to be computed, some files are read side by side; for one that cannot
    be read, why not is said instead. Each time as many as were read together.
    """
    from acd_tui.vfs.hashing import Located, in_batches, known_md5s

    files = (Located(filesystem, file.path, file.entry) for file in found)
    rest = iter(found)
    for batch in in_batches(files, lambda file: file.entry.size):
        md5s = await known_md5s(batch, at_a_time=_AT_A_TIME)
        yield list(zip(islice(rest, len(batch)), md5s, strict=True))


class Listed(msgspec.Struct, frozen=True):
    """What a line of a listing is about.

    Attributes:
        found: the entry.
        md5: of a file, where it was asked for and is known.
        remote: whether it lies in a drive.
    """

    found: Walked
    md5: str | None = None
    remote: bool = False

    @property
    def entry(self) -> Entry:
        return self.found.entry


def ls_line(shown: str, listed: Listed) -> str:
    """`       42 a/b.txt`."""
    return f"{_size(listed.entry):9d} {shown}"


def lsl_line(shown: str, listed: Listed) -> str:
    """`       42 2026-11-23 14:17:18.123456789 a/b.txt`, in local time."""
    return long_line(shown, listed.entry)


def long_line(shown: str, entry: Entry) -> str:
    """The same, of an entry."""
    when, fraction = _local_time(entry.modified_ns)
    return f"{_size(entry):9d} {when}.{fraction:09d} {shown}"


def lsd_line(shown: str, listed: Listed) -> str:
    """`          -1 2026-11-23 14:17:18        -1 a`; nobody knows its two numbers."""
    return f"{-1:12d} {_local_time(listed.entry.modified_ns)[0]} {-1:9d} {shown}"


def md5_line(shown: str, listed: Listed) -> str:
    """32 digits, or as many spaces where there is none, and the name."""
    return f"{listed.md5 or '':32}  {shown}"


LSF_FIELDS: dict[str, Callable[[str, Listed], str]] = {
    "p": lambda path, _: path,
    "s": lambda _, listed: str(_size(listed.entry)),
    "t": lambda _, listed: _local_time(listed.entry.modified_ns)[0],
    "h": lambda _, listed: listed.md5 or "",
    "i": lambda _, listed: listed.entry.id or "",
    "o": lambda _, listed: ("" if listed.entry.is_folder else listed.entry.id) or "",
    "m": lambda _, listed: _mime_type(listed.entry, remote=listed.remote),
    "T": lambda *_: "",
}
"""What a letter of `lsf --format` stands for, given the path and what is there."""


def lsf_line(
    shown: str,
    listed: Listed,
    *,
    letters: str,
    separator: str,
    dir_slash: bool,
    absolute: bool,
    as_csv: bool,
) -> str:
    """`2026-11-23 14:17:18;42;a/b.txt`: the fields that `letters` name, in order."""
    path = "/" * absolute + shown + "/" * (dir_slash and listed.entry.is_folder)
    fields = [LSF_FIELDS[letter](path, listed) for letter in letters]
    if as_csv:
        fields = [_csv_field(field, separator) for field in fields]
    return separator.join(fields)


def _csv_field(field: str, separator: str) -> str:
    """Quote a field where Go's `encoding/csv` does."""
    quoted = field == "\\." or any(
        each in field for each in (separator, '"', "\n", "\r")
    )
    if quoted or field[:1].isspace():
        return '"' + field.replace('"', '""') + '"'
    return field


def json_line(
    found: Walked,
    *,
    remote: bool,
    md5: str | None = None,
    modtime: bool = True,
    mimetype: bool = True,
) -> str:
    """One object of `lsjson`, written as Go writes it.

    Args:
        found: what it is about.
        remote: whether it lies in a drive.
        md5: of a file, where it was asked for and is known.
        modtime: whether to say when it was changed.
        mimetype: whether to say of what type it is.
    """
    entry = found.entry
    when = _rfc3339(entry.modified_ns, remote=remote) if modtime else ""
    fields = {
        "Path": _go_string(found.shown),
        "Name": _go_string(entry.name or (found.names or ("",))[-1]),
        "Size": str(_size(entry)),
        "MimeType": _go_string(_mime_type(entry, remote=remote)) if mimetype else "",
        "ModTime": _go_string(when),
        "IsDir": "true" if entry.is_folder else "false",
        "Hashes": f'{{"md5":{_go_string(md5)}}}' if md5 else "",
        "ID": _go_string(entry.id) if entry.id else "",
    }
    inner = (f'"{key}":{value}' for key, value in fields.items() if value)
    return "{" + ",".join(inner) + "}"


def local_minute(when_ns: int | None) -> str:
    """`2026-11-23 14:17` in local time, `?` where it is not known."""
    return "?" if when_ns is None else _local_time(when_ns)[0][:16]


def utc(when_ns: int | None) -> str | None:
    """`2026-11-23T14:17:18Z`."""
    return None if when_ns is None else _rfc3339(when_ns, remote=True)


def _size(entry: Entry) -> int:
    return -1 if entry.size is None or entry.is_folder else entry.size


def _broken_down(modified_ns: int | None) -> tuple[time.struct_time, int] | None:
    """Local time and nanoseconds; None where there is none that can be shown."""
    if modified_ns is None:
        return None
    seconds, fraction = divmod(modified_ns, 1_000_000_000)
    try:
        return time.localtime(seconds), fraction
    except (OverflowError, OSError, ValueError):  # a disk may hold any number
        return None


def _local_time(modified_ns: int | None) -> tuple[str, int]:
    known = _broken_down(modified_ns)
    if known is None:
        return _NO_TIME, 0
    when, fraction = known
    return _date(when, " "), fraction


def _rfc3339(modified_ns: int | None, *, remote: bool) -> str:
    """Whole seconds in UTC of a remote; nanoseconds in local time of the disk."""
    known = _broken_down(modified_ns)
    if known is None or modified_ns is None:
        return "0001-01-01T00:00:00Z"
    if remote:
        return _date(time.gmtime(modified_ns // 1_000_000_000), "T") + "Z"
    when, fraction = known
    minutes = (when.tm_gmtoff or 0) // 60
    sign = "-" if minutes < 0 else "+"
    zone = f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return f"{_date(when, 'T')}.{fraction:09d}{zone if minutes else 'Z'}"


def _date(when: time.struct_time, between: str) -> str:
    day = f"{when.tm_year:04d}-{when.tm_mon:02d}-{when.tm_mday:02d}"
    return f"{day}{between}{when.tm_hour:02d}:{when.tm_min:02d}:{when.tm_sec:02d}"


def _mime_type(entry: Entry, *, remote: bool) -> str:
    """Go's guess from the name's ending; the service names text without a charset."""
    import mimetypes

    if entry.is_folder:
        return "inode/directory"
    if not mimetypes.inited:
        mimetypes.init()
    _, dot, ending = entry.name.rpartition(".")
    kind = mimetypes.types_map.get(f".{ending.lower()}") if dot else None
    if kind is None:
        return "application/octet-stream"
    return kind if remote or not kind.startswith("text/") else f"{kind}; charset=utf-8"


_GO_ESCAPED = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')
_GO_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def _go_string(text: str) -> str:
    """Quote a string as Go's `encoding/json` does."""
    return '"' + _GO_ESCAPED.sub(_go_escape, text) + '"'


def _go_escape(match: re.Match[str]) -> str:
    character = match[0]
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return _GO_SHORT.get(character) or f"\\u{ord(character):04x}"
