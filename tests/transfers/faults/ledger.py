"""After the storm: every file arrived once and right, or is named with a reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from acd_tui.transfers.model import Job, State, Transfer
from tests.transfers.faults.plain import PlainDrive

_ARRIVED = {State.DONE, State.SKIPPED}
_NO_WORDS = re.compile(
    r"Traceback|\w(Error|Exception)\b|Errno|\bNone\b|0x[0-9a-f]{6}|error in the program"
    r"|^\s*$|\.$"
)


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def check_words(text: str | None) -> None:
    """A sentence for a user."""
    assert text, "no reason is given"
    assert not _NO_WORDS.search(text), text


def check_job(
    job: Job,
    transfers: Sequence[Transfer],
    *,
    files: int,
    fails: str | None = None,
) -> None:
    """Nothing is stuck, and what failed says why.

    Args:
        job: as it ended.
        transfers: all of it.
        files: how many there should be. A folder that could not be made or looked into
            is a problem of the job, and what is in it need not be known then.
        fails: what the reasons have to match; None where nothing may fail.
    """
    assert job.finished, job
    known = len(transfers) + job.unlisted
    assert known == files or (job.problems and known < files), (known, job.problems)
    bad = [t for t in transfers if t.state not in _ARRIVED]
    for transfer in bad:
        assert transfer.state is State.FAILED, transfer
        check_words(transfer.reason)
    for problem in job.problems:
        check_words(problem)
    reasons = [*(t.reason or "" for t in bad), *job.problems]
    if fails is None:
        assert reasons == []
    else:
        assert [text for text in reasons if not re.search(fails, text)] == []


def check_remote(
    drive: PlainDrive,
    transfers: Sequence[Transfer],
    tree: Mapping[str, bytes],
    *,
    folder: str,
    before: Mapping[str, bytes] | None = None,
) -> None:
    """The drive holds what is said to have arrived, and nothing half, twice or else.

    Args:
        drive: the target.
        transfers: all of the job.
        tree: what was to be copied, by its path in `folder`.
        folder: where to.
        before: what was there.
    """
    there = drive.files()
    folders = [path.lower() for path in drive.folders()]
    assert len(folders) == len(set(folders)), folders
    wanted = {f"{folder}/{path}".lower(): md5(data) for path, data in tree.items()}
    old = {
        f"{folder}/{path}".lower(): md5(data) for path, data in (before or {}).items()
    }
    assert set(there) <= set(wanted) | set(old)
    states = {str(t.target.path).strip("/").lower(): t.state for t in transfers}
    for path, found in there.items():
        assert len(found) == 1, f"{path} is there {len(found)} times"
        (file,) = found
        assert file.status == "AVAILABLE", path
        good = {wanted.get(path)}
        if states.get(path) not in _ARRIVED:
            good.add(old.get(path))
        assert file.md5 in good, path
        assert md5(drive.content(file.id)) == file.md5
    for path, state in states.items():
        assert path in wanted
        assert state not in _ARRIVED or path in there, f"{path} is lost"
    assert set(old) <= set(there)


def check_disk(
    folder: Path,
    transfers: Sequence[Transfer],
    tree: Mapping[str, bytes],
    *,
    before: Mapping[str, bytes] | None = None,
) -> None:
    """The disk holds what is said to have arrived, and nothing half under a name."""
    there = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    hidden = {path for path in there if path.endswith(".acd-part")}
    states = {str(t.target.path): t.state for t in transfers}
    if all(state in _ARRIVED for state in states.values()):
        assert not hidden
    for path in set(there) - hidden:
        good = {md5(tree[path])} if path in tree else set()
        if states.get(str(folder / path)) not in _ARRIVED and path in (before or {}):
            good.add(md5((before or {})[path]))
        assert md5(there[path]) in good, path
    for path, state in states.items():
        name = str(Path(path).relative_to(folder))
        assert state not in _ARRIVED or name in there, f"{path} is lost"
    assert set(before or {}) <= set(there)


def check_source(folder: Path, tree: Mapping[str, bytes]) -> None:
    """What was copied from is as it was."""
    there = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert there == dict(tree)
