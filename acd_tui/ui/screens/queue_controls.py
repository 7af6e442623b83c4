"""What the keys of the queue do, in its panel and on the Transfers screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

from acd_tui.errors import UsageError
from acd_tui.transfers.controls import Step
from acd_tui.transfers.model import Priority, QueueSnapshot, State
from acd_tui.ui.chosen import Chosen, rest
from acd_tui.ui.format import count
from acd_tui.units import parse_size, show_rate, write_size

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.engine import Transfers
    from acd_tui.ui.widgets.transfer_marks import TransferMarks

_MOST_SLOTS = 64
_Deed = Coroutine[Any, Any, object]


class Panel(Protocol):
    """What is needed of the list the keys belong to."""

    @property
    def app(self) -> object: ...

    @property
    def chosen(self) -> Chosen | None: ...

    @property
    def marks(self) -> TransferMarks: ...

    def follow(self) -> None:
        """Keep the cursor on the transfer it is on, wherever that goes."""
        ...


class QueueControls:
    """Has the `do_…` methods of the actions that steer the queue."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self._panel.app)

    @property
    def _queue(self) -> Transfers:
        return self._app.session.transfers

    @property
    def _snapshot(self) -> QueueSnapshot:
        return self._app.queue

    def _ask(self, question: Callable[[], _Deed]) -> None:
        """Have the queue do something, and look at it right after."""

        async def ask() -> None:
            await self._app.engine.run(question())
            await self._app.look_at_queue()

        self._app.work(ask(), group="queue-ask")

    def _ask_of(
        self, question: Callable[[Chosen], _Deed], *, unmark: bool = False
    ) -> None:
        """The same for what is marked, or what the cursor is on now.

        Args:
            question: what is to be done with it.
            unmark: whether nobody will want the same marks again.
        """
        if (chosen := self._panel.chosen) is not None:
            self._app.work(self._do_with(chosen, question, unmark), group="queue-ask")

    async def _do_with(
        self, chosen: Chosen, question: Callable[[Chosen], _Deed], unmark: bool
    ) -> None:
        marks = self._panel.marks
        if chosen.marked is not None:
            marks.end()
            await marks.settled()
            chosen = msgspec.structs.replace(chosen, marked=marks.ids)
        await self._app.engine.run(question(chosen))
        if unmark and chosen.marked is not None:
            marks.clear()
        await self._app.look_at_queue()

    # --- to hold it, to end it ------------------------------------------------

    def do_pause(self) -> None:
        self._ask_of(self._pause)

    async def _pause(self, chosen: Chosen) -> None:
        queue, is_paused = self._queue, chosen.is_paused
        if chosen.marked is not None:
            states = await queue.states(chosen.marked)
            is_paused = rest(states.values())
        deed = queue.resume if is_paused else queue.pause
        await deed(chosen.ids, job=chosen.job)

    def do_pause_all(self) -> None:
        queue = self._queue
        self._ask(queue.release if self._snapshot.paused else queue.hold)

    def do_drain(self) -> None:
        queue = self._queue
        self._ask(queue.release if self._snapshot.draining else queue.drain)

    def do_cancel(self) -> None:
        chosen = self._panel.chosen
        if chosen is not None and chosen.job is not None:
            self.do_cancel_job()
        elif chosen is not None and chosen.marked is not None:
            self._app.work(self._confirm_marked(chosen), group="queue-cancel")
        else:
            self._ask_of(lambda c: self._queue.cancel(c.ids))

    def do_cancel_all(self) -> None:
        number = self._snapshot.unfinished
        what = f"All that is not done yet ({count(number, 'transfer')})"
        self._app.work(self._confirm_cancel(what, None), group="queue-cancel")

    def do_cancel_job(self) -> None:
        if (chosen := self._panel.chosen) is not None:
            job = chosen.transfer.job if chosen.transfer else chosen.job
            what = f"What is not done yet of job {job}"
            self._app.work(self._confirm_cancel(what, job), group="queue-cancel")

    async def _confirm_marked(self, chosen: Chosen) -> None:
        await self._panel.marks.settled()
        number = len(self._panel.marks.ids)
        if await self._is_sure(f"What is not done yet of the {number:,} marked"):
            await self._do_with(chosen, lambda c: self._queue.cancel(c.ids), True)

    async def _confirm_cancel(self, what: str, job: int | None) -> None:
        if await self._is_sure(what):
            self._ask(lambda: self._queue.cancel(None, job=job))

    async def _is_sure(self, what: str) -> bool:
        from acd_tui.ui.screens.confirm import Confirm

        lines = [f"{what} is given up.", "What is done stays; nothing is removed."]
        dialog = Confirm(
            "Cancel transfers", lines, yes="Cancel them", no="Keep", danger=True
        )
        return await self._app.push_screen_wait(dialog) is True

    def do_retry(self) -> None:
        self._ask_of(lambda c: self._queue.retry(c.ids, job=c.job), unmark=True)

    def do_retry_all(self) -> None:
        self._ask(lambda: self._queue.retry(None))

    def do_clear_finished(self) -> None:
        self._app.work(self._clear_finished(), group="queue-ask")

    async def _clear_finished(self) -> None:
        marks, queue = self._panel.marks, self._queue
        await self._app.engine.run(queue.clear_finished())
        await marks.settled()
        if marks.ids:
            there = await self._app.engine.run(queue.states(marks.ids))
            marks.keep_only(frozenset(there))
        await self._app.look_at_queue()

    # --- order ----------------------------------------------------------------

    def do_sooner(self) -> None:
        self._prioritise(1)

    def do_later(self) -> None:
        self._prioritise(-1)

    def _prioritise(self, change: int) -> None:
        async def prioritise(chosen: Chosen) -> None:
            level = chosen.priority
            if chosen.marked is not None:  # all get the same, one away from the first's
                level = (await self._queue.transfer(min(chosen.marked))).priority
            level += change
            if Priority.LOWEST <= level <= Priority.HIGHEST:
                await self._queue.prioritise(chosen.ids, level, job=chosen.job)

        self._ask_of(prioritise)

    def do_to_front(self) -> None:
        self._move(Step.FRONT)

    def do_to_back(self) -> None:
        self._move(Step.BACK)

    def do_move_up(self) -> None:
        self._panel.follow()
        self._move(Step.UP)

    def do_move_down(self) -> None:
        self._panel.follow()
        self._move(Step.DOWN)

    def _move(self, step: Step) -> None:
        self._ask_of(lambda c: self._queue.move(c.ids, step, job=c.job))

    # --- what is known of it --------------------------------------------------

    def do_details(self) -> None:
        chosen = self._panel.chosen
        if chosen is None:
            return
        if chosen.transfer is not None and chosen.transfer.state is State.CONFLICT:
            self._app.do("conflicts")
            return
        from acd_tui.ui.screens.transfer_details import TransferDetails

        self._app.open(TransferDetails(self._app, chosen))

    def do_copy_transfer_command(self) -> None:
        self._app.work(self._copy_command(), group="queue-command-line")

    async def _copy_command(self) -> None:
        from acd_tui.ui.screens.transfer_command import commands_of

        if (chosen := self._panel.chosen) is None:
            return
        all_of_it = [chosen]
        if chosen.marked is not None:
            await self._panel.marks.settled()
            queue = self._queue
            all_of_it = [
                Chosen(await self._app.engine.run(queue.transfer(id_)))
                for id_ in sorted(self._panel.marks.ids)
            ]
        lines = [
            line for each in all_of_it for line in await commands_of(each, self._app)
        ]
        self._app.copy_to_clipboard("\n".join(lines))
        self._app.tell("Copied:\n" + "\n".join(lines[:3]))

    # --- pace -----------------------------------------------------------------

    def do_limits(self) -> None:
        self._app.work(self._ask_limits(), group="queue-limits")

    async def _ask_limits(self) -> None:
        from acd_tui.ui.screens.confirm import Choose
        from acd_tui.ui.screens.prompt import Prompt

        now = self._app.queue
        rate = "no limit" if now.bandwidth is None else show_rate(now.bandwidth)
        options = [
            ("t", "slots", f"transfers at a time: {now.slots}"),
            ("b", "bandwidth", f"bytes a second: {rate}"),
        ]
        chosen = await self._app.push_screen_wait(Choose("Limits", "", options))
        limits = self._queue.limits
        if chosen == "slots":
            label = f"Transfers at a time, 1 to {_MOST_SLOTS}; empty for the usual"
            text = await self._app.push_screen_wait(
                Prompt("Limits", label, str(now.slots), validate=_slots_problem)
            )
            if text is not None:
                slots = int(text) if text.strip() else None
                self._ask(lambda: limits.set_slots(slots))
        elif chosen == "bandwidth":
            label = "Bytes a second, such as 500K or 2M; or off"
            text = await self._app.push_screen_wait(
                Prompt(
                    "Limits", label, write_size(now.bandwidth), validate=_size_problem
                )
            )
            if text is not None:
                size = parse_size(text) or None
                self._ask(lambda: limits.set_bandwidth(size))


def _slots_problem(text: str) -> str | None:
    text = text.strip()
    if not text or (
        text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_SLOTS
    ):
        return None
    return f"A number from 1 to {_MOST_SLOTS}"


def _size_problem(text: str) -> str | None:
    try:
        parse_size(text)
    except UsageError as error:
        return f"{error.message}; {error.hint}"
    return None
