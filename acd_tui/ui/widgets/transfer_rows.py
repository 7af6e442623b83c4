"""The rows of the queue: fetched in pieces, only those in sight.

What needs attention or is under way stands first: running transfers, then conflicts and
failures, then what waits, then what is finished, the newest of it first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from acd_tui.errors import NotFound
from acd_tui.transfers.model import QueueSnapshot, Running, State, Transfer
from acd_tui.ui.engine import Transfers

CHUNK = 100

SECTIONS: tuple[frozenset[State], ...] = (
    frozenset(state for state in State if state.is_active),
    frozenset({State.CONFLICT, State.FAILED}),
    frozenset({State.QUEUED, State.WAITING, State.PAUSED}),
    frozenset({State.DONE, State.SKIPPED, State.CANCELLED}),
)


class TransferRows(msgspec.Struct, frozen=True):
    """The queue at one look: how long it is, and the pieces of it that were fetched.

    Attributes:
        counts: how many of the transfers that are meant are in which state.
        lengths: of the sections.
        chunks: section and number of a chunk → its transfers.
        running: id → what is known of a transfer in a worker's hands.
    """

    counts: Mapping[State, int] = msgspec.field(default_factory=dict)
    lengths: tuple[int, ...] = (0,) * len(SECTIONS)
    chunks: Mapping[tuple[int, int], list[Transfer]] = msgspec.field(
        default_factory=dict
    )
    running: Mapping[int, Running] = msgspec.field(default_factory=dict)

    def __len__(self) -> int:
        return sum(self.lengths)

    def _locate(self, index: int) -> tuple[int, int]:
        """Section and offset in it of a row."""
        for section, length in enumerate(self.lengths):
            if index < length:
                return section, index
            index -= length
        raise IndexError

    def get(self, index: int) -> Transfer | None:
        """A row, or None if it was not fetched or is gone meanwhile."""
        if not 0 <= index < len(self):
            return None
        section, offset = self._locate(index)
        chunk = self.chunks.get((section, offset // CHUNK), ())
        at = offset % CHUNK
        return chunk[at] if at < len(chunk) else None

    def index_of(self, transfer: int) -> int | None:
        """The row of a transfer, if it is among the fetched ones."""
        for (section, number), chunk in self.chunks.items():
            for at, row in enumerate(chunk):
                if row.id == transfer:
                    return sum(self.lengths[:section]) + number * CHUNK + at
        return None

    def needed(self, first: int, count: int) -> dict[int, range]:
        """The sections that hold some rows, and the numbers of the chunks in each."""
        needed: dict[int, range] = {}
        for index in range(first, min(first + count, len(self))):
            section, offset = self._locate(index)
            number = offset // CHUNK
            begin = needed[section].start if section in needed else number
            needed[section] = range(begin, number + 1)
        return needed


class View(msgspec.Struct, frozen=True):
    """Which transfers are shown.

    Attributes:
        sections: one below the other; what is final has what ended last first.
        job: only those of this one.
        matching: only those with this in their path.
    """

    sections: tuple[frozenset[State], ...] = SECTIONS
    job: int | None = None
    matching: str = ""

    def lengths(self, counts: Mapping[State, int]) -> tuple[int, ...]:
        """How long the sections are, by the number of transfers in each state."""
        return tuple(sum(counts.get(s, 0) for s in states) for states in self.sections)


async def fetch_ids(queue: Transfers, view: View) -> list[int]:
    """Return the numbers of all transfers of a view; runs beside the session."""
    found: list[int] = []
    for states in view.sections:
        found += await queue.ids(
            job=view.job,
            states=states,
            matching=view.matching,
            newest_first=all(state.is_final for state in states),
        )
    return found


async def counts_of(
    queue: Transfers, snapshot: QueueSnapshot, view: View
) -> Mapping[State, int]:
    """Return how many transfers of a view are in which state; of a job that is gone, none."""
    if view.matching:
        return await queue.counts(job=view.job, matching=view.matching)
    try:
        whole = snapshot if view.job is None else await queue.job(view.job)
    except NotFound:
        return {}
    skipped = whole.counts.get(State.SKIPPED, 0)
    return {**whole.counts, State.SKIPPED: skipped - whole.unlisted}


async def fetch(
    queue: Transfers, snapshot: QueueSnapshot, view: View, *, first: int, count: int
) -> TransferRows:
    """Fetch some rows of the queue as it is at `snapshot`; runs beside the session.

    The list may have got shorter than where it was scrolled to; then its end is fetched.
    """
    counts = await counts_of(queue, snapshot, view)
    rows = TransferRows(counts, view.lengths(counts))
    first = max(0, min(first, len(rows) - count + 1))
    chunks = {}
    for section, numbers in rows.needed(first, count).items():
        states: Collection[State] = view.sections[section]
        # At one look: what changes its place meanwhile would be in neither of two.
        found = await queue.transfers(
            job=view.job,
            states=states,
            matching=view.matching,
            offset=numbers.start * CHUNK,
            limit=len(numbers) * CHUNK,
            newest_first=all(state.is_final for state in states),
        )
        for at, number in enumerate(numbers):
            chunks[section, number] = found[at * CHUNK :][:CHUNK]
    running = {each.transfer.id: each for each in snapshot.running}
    return TransferRows(counts, rows.lengths, chunks, running)
