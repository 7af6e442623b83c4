"""The queue in lines: what there is, what is to be done with it, and conflicts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from acd_tui.errors import UsageError
from acd_tui.transfers.controls import Step
from acd_tui.transfers.model import ConflictPolicy, State, Transfer
from acd_tui.ui.engine import Transfers
from acd_tui.ui.format import count, show_place, time_cell
from acd_tui.ui.linear.lines import Lines
from acd_tui.units import parse_size, show_size, write_size

_MOST = 200
_OPEN = [state for state in State if not state.is_final or state is State.FAILED]
_LEAVE, _HOLD, _GO_ON = "leave it", "pause it", "let it go on"
_FIRST, _LAST = "run it next", "run it last"
_AGAIN, _CANCEL, _CANCEL_JOB = "try it again", "cancel it", "cancel its whole job"
_ONE_BY_ONE = "decide one by one"
_POLICIES = ("skip", "overwrite", "rename", "newer")


class QueueTalk:
    """Says what waits, runs or failed, and steers it."""

    def __init__(self, lines: Lines, transfers: Transfers) -> None:
        self._lines = lines
        self._transfers = transfers

    async def run(self) -> None:
        """Read out what is not done, and do what is wanted with one of it."""
        found = await self._transfers.transfers(states=_OPEN, limit=_MOST)
        at = await self._lines.pick(list(map(_in_words, found)), "to decide about")
        if at is not None:
            await self._steer(found[at])

    async def _steer(self, transfer: Transfer) -> None:
        deeds = self._deeds(transfer)
        chosen = await self._lines.choose("What is to be done about it?", list(deeds))
        await deeds[chosen]()
        self._lines.say(_in_words(await self._transfers.transfer(transfer.id)))

    def _deeds(self, transfer: Transfer) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return what can be done about one, by how it is called."""
        state, ids, queue = transfer.state, [transfer.id], self._transfers
        deeds: dict[str, Callable[[], Awaitable[object]]] = {_LEAVE: _nothing}
        if state is State.FAILED:
            deeds[_AGAIN] = lambda: queue.retry(ids)
        elif state is State.PAUSED:
            deeds[_GO_ON] = lambda: queue.resume(ids)
        else:
            deeds[_HOLD] = lambda: queue.pause(ids)
        if state is State.QUEUED:
            deeds[_FIRST] = lambda: queue.move(ids, Step.FRONT)
            deeds[_LAST] = lambda: queue.move(ids, Step.BACK)
        deeds[_CANCEL] = lambda: queue.cancel(ids)
        deeds[_CANCEL_JOB] = lambda: queue.cancel(None, job=transfer.job)
        return deeds

    async def drain(self) -> None:
        """Start nothing new, or do so again."""
        if self._transfers.snapshot().draining:
            await self._transfers.release()
            self._lines.say("The queue goes on.")
        else:
            await self._transfers.drain()
            self._lines.say("What is under way ends, and nothing new starts.")

    async def limits(self) -> None:
        """Ask how many may move at a time, and how fast.

        Raises:
            UsageError: that is no number, or no size.
        """
        now = self._transfers.snapshot()
        slots = await self._lines.wanted("Transfers at a time", str(now.slots))
        if not (slots.isascii() and slots.isdecimal()):
            raise UsageError(f"{slots!r} is no number")
        rate = await self._lines.wanted(
            "Bytes a second, such as 500K or 2M, or off", write_size(now.bandwidth)
        )
        bandwidth = parse_size(rate) or None
        await self._transfers.limits.set_slots(int(slots))
        await self._transfers.limits.set_bandwidth(bandwidth)
        fast = "any number of" if bandwidth is None else show_size(bandwidth)
        each = "bytes a second" if bandwidth is None else "a second"
        self._lines.say(f"{slots} at a time, {fast} {each}.")

    async def cancel_all(self) -> None:
        """Give up what is not done, if that is meant."""
        number = self._transfers.snapshot().unfinished
        if not number:
            self._lines.say("All of it is done.")
        elif await self._lines.agreed(f"Cancel {count(number, 'transfer')}?"):
            await self._transfers.cancel(None)
            self._lines.say("Cancelled.")

    async def conflicts(self) -> None:
        """Decide conflicts, all of them alike or one by one."""
        found = await self._transfers.transfers(states=[State.CONFLICT])
        if not found:
            self._lines.say("There are no conflicts.")
            return
        if len(found) > 1:
            alike = [f"{policy} all" for policy in _POLICIES]
            number = self._transfers.snapshot().counts.get(State.CONFLICT, len(found))
            question = f"{count(number, 'conflict')}. What is to be done?"
            chosen = await self._lines.choose(question, [_ONE_BY_ONE, *alike])
            if chosen in alike:
                policy = ConflictPolicy(chosen.removesuffix(" all"))
                await self._transfers.decide(None, policy)  # also those not read yet
                return
        for number, each in enumerate(found, start=1):
            self._say_conflict(each, f"Conflict {number} of {len(found)}")
            chosen = await self._lines.choose(
                "What is to be done?", ["leave", *_POLICIES]
            )
            if chosen != "leave":
                await self._transfers.decide([each.id], ConflictPolicy(chosen))

    def _say_conflict(self, transfer: Transfer, title: str) -> None:
        self._lines.say(f"{title}: {show_place(transfer.target)}")
        if transfer.conflict is None:
            return
        for words, side in (
            ("The new one", transfer.conflict.source),
            ("The one there", transfer.conflict.target),
        ):
            when = time_cell(side.modified_ns, wide=True)
            self._lines.say(f"{words}: {show_size(side.size)}, {when}")


async def _nothing() -> None:
    pass


def _in_words(transfer: Transfer) -> str:
    why = f", {transfer.reason}" if transfer.reason else ""
    name, place = transfer.source.path.name, show_place(transfer.target)
    return f"{name}, {transfer.state}, to {place}{why}"
