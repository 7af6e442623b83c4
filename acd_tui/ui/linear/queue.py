"""The queue in lines: what there is, what is to be done with it, and conflicts."""

from __future__ import annotations

from acd_tui.transfers.model import ConflictPolicy, State, Transfer
from acd_tui.ui.engine import Transfers
from acd_tui.ui.format import count, show_place, time_cell
from acd_tui.ui.linear.lines import Lines
from acd_tui.units import show_size

_MOST = 200
_OPEN = [state for state in State if not state.is_final or state is State.FAILED]
_LEAVE, _HOLD, _GO_ON = "leave it", "pause it", "let it go on"
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
        state, ids = transfer.state, [transfer.id]
        deeds = [_LEAVE, _GO_ON if state is State.PAUSED else _HOLD]
        if state is State.FAILED:
            deeds = [_LEAVE, _AGAIN]
        deeds += [_CANCEL, _CANCEL_JOB]
        deed = await self._lines.choose("What is to be done about it?", deeds)
        if deed == _HOLD:
            await self._transfers.pause(ids)
        elif deed == _GO_ON:
            await self._transfers.resume(ids)
        elif deed == _AGAIN:
            await self._transfers.retry(ids)
        elif deed == _CANCEL:
            await self._transfers.cancel(ids)
        elif deed == _CANCEL_JOB:
            await self._transfers.cancel(None, job=transfer.job)
        self._lines.say(_in_words(await self._transfers.transfer(transfer.id)))

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


def _in_words(transfer: Transfer) -> str:
    why = f", {transfer.reason}" if transfer.reason else ""
    name, place = transfer.source.path.name, show_place(transfer.target)
    return f"{name}, {transfer.state}, to {place}{why}"
