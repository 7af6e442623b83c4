"""The rows of the queue: fetched in pieces, only those in sight.

What needs attention or is under way stands first: running transfers, then conflicts and
failures, then what waits, then what is finished, the newest of it first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from acd_tui.transfers.model import QueueSnapshot, Running, State, Transfer
from acd_tui.ui.engine import Transfers

CHUNK = 100

SECTIONS: tuple[frozenset[State], ...] = (
    frozenset(state for state in State if state.is_active),
    frozenset({State.CONFLICT, State.FAILED}),
    frozenset({State.QUEUED, State.WAITING, State.PAUSED}),
    frozenset({State.DONE, State.SKIPPED, State.CANCELLED}),
)
_FINISHED = len(SECTIONS) - 1


@dataclass(frozen=True, slots=True)
class TransferRows:
    """The queue at one look: how long it is, and the pieces of it that were fetched.

    Attributes:
        lengths: of the sections.
        chunks: section and number of a chunk → its transfers.
        running: id → what is known of a transfer in a worker's hands.
    """

    lengths: tuple[int, ...] = (0,) * len(SECTIONS)
    chunks: Mapping[tuple[int, int], list[Transfer]] = field(default_factory=dict)
    running: Mapping[int, Running] = field(default_factory=dict)

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

    def needed(self, first: int, count: int) -> set[tuple[int, int]]:
        """The chunks that hold some rows."""
        rows = range(first, min(first + count, len(self)))
        located = (self._locate(index) for index in rows)
        return {(section, offset // CHUNK) for section, offset in located}


def lengths_of(counts: Mapping[State, int]) -> tuple[int, ...]:
    """How long the sections are, by the number of transfers in each state."""
    return tuple(sum(counts.get(s, 0) for s in states) for states in SECTIONS)


async def fetch(
    queue: Transfers, snapshot: QueueSnapshot, first: int, count: int
) -> TransferRows:
    """Fetch some rows of the queue as it is at `snapshot`; runs beside the session."""
    rows = TransferRows(lengths_of(snapshot.counts))
    chunks = {}
    for section, number in rows.needed(first, count):
        states: Collection[State] = SECTIONS[section]
        chunks[section, number] = await queue.transfers(
            states=states,
            offset=number * CHUNK,
            limit=CHUNK,
            newest_first=section == _FINISHED,
        )
    running = {each.transfer.id: each for each in snapshot.running}
    return TransferRows(rows.lengths, chunks, running)
