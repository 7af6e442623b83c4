"""What the keys of the queue panel do about order, pace and end of the queue."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, cast

from acd_tui.errors import UsageError
from acd_tui.transfers.controls import Step
from acd_tui.transfers.model import (
    Job,
    Place,
    Priority,
    QueueSnapshot,
    State,
    Transfer,
)
from acd_tui.transfers.when_empty import Then, WhenEmpty
from acd_tui.ui.format import count, show_place
from acd_tui.units import parse_size, show_rate

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.engine import Transfers

_MOST_SLOTS = 64
_MOST_REASONS = 3  # in one notification
_Question = Callable[[], Coroutine[Any, Any, object]]


class Panel(Protocol):
    """What is needed of the panel the keys belong to."""

    @property
    def app(self) -> object: ...

    @property
    def current(self) -> Transfer | None: ...

    def ask(self, question: _Question) -> None: ...


class QueueControls:
    """Has the `do_…` methods of those actions.

    Attributes:
        when_empty: what is to happen then; the user's choice, for this run only.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._snapshot: QueueSnapshot | None = None
        self.when_empty = WhenEmpty()

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self._panel.app)

    @property
    def _queue(self) -> Transfers:
        return self._app.session.transfers

    # --- order ----------------------------------------------------------------

    def do_sooner(self) -> None:
        self._prioritise(1)

    def do_later(self) -> None:
        self._prioritise(-1)

    def _prioritise(self, change: int) -> None:
        if (transfer := self._panel.current) is not None:
            priority = transfer.priority + change
            if Priority.LOWEST <= priority <= Priority.HIGHEST:
                self._panel.ask(lambda: self._queue.prioritise([transfer.id], priority))

    def do_to_front(self) -> None:
        self._move(Step.FRONT)

    def do_to_back(self) -> None:
        self._move(Step.BACK)

    def _move(self, step: Step) -> None:
        if (transfer := self._panel.current) is not None:
            self._panel.ask(lambda: self._queue.move([transfer.id], step))

    # --- to end it ------------------------------------------------------------

    def do_drain(self) -> None:
        draining = self._snapshot is not None and self._snapshot.draining
        self._panel.ask(self._queue.release if draining else self._queue.drain)

    def do_cancel_all(self) -> None:
        number = 0 if self._snapshot is None else self._snapshot.unfinished
        what = f"Everything that is not done yet, {count(number, 'transfer')}"
        self._app.work(self._confirm_cancel(what, None), group="queue-cancel")

    def do_cancel_job(self) -> None:
        if (transfer := self._panel.current) is not None:
            what = f"What is not done yet of job {transfer.job}"
            self._app.work(
                self._confirm_cancel(what, transfer.job), group="queue-cancel"
            )

    async def _confirm_cancel(self, what: str, job: int | None) -> None:
        from acd_tui.ui.screens.confirm import Confirm

        lines = [f"{what}, is given up.", "What is done stays; nothing is removed."]
        dialog = Confirm(
            "Cancel transfers", lines, yes="Cancel them", no="Keep", danger=True
        )
        if await self._app.push_screen_wait(dialog):
            self._panel.ask(lambda: self._queue.cancel(None, job=job))

    # --- pace -----------------------------------------------------------------

    def do_limits(self) -> None:
        self._app.work(self._ask_limits(), group="queue-limits")

    async def _ask_limits(self) -> None:
        from acd_tui.ui.screens.confirm import Choose
        from acd_tui.ui.screens.prompt import Prompt

        now = self._app.queue
        rate = "off" if now.bandwidth is None else show_rate(now.bandwidth)
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
                self._panel.ask(lambda: limits.set_slots(slots))
        elif chosen == "bandwidth":
            label = "Bytes a second, such as 500K or 2M; or off"
            text = await self._app.push_screen_wait(
                Prompt("Limits", label, "off", validate=_size_problem)
            )
            if text is not None:
                size = parse_size(text) or None
                self._panel.ask(lambda: limits.set_bandwidth(size))

    # --- when it is empty -----------------------------------------------------

    def do_when_empty(self) -> None:
        self._app.work(self._ask_when_empty(), group="queue-empty")

    async def _ask_when_empty(self) -> None:
        from acd_tui.ui.screens.confirm import Choose
        from acd_tui.ui.screens.prompt import Prompt

        options = [
            ("n", "nothing", "nothing"),
            ("s", "notify", "say so"),
            ("q", "quit", "quit"),
            ("r", "run", "run a command of yours"),
        ]
        question = f"Now: {self.when_empty}. Until acd-tui ends:"
        text = await self._app.push_screen_wait(
            Choose("When the queue is empty", question, options)
        )
        if text == "run":
            command = await self._app.push_screen_wait(
                Prompt(
                    "When the queue is empty",
                    "Command to run, without a shell",
                    "",
                    validate=_command_problem,
                )
            )
            text = None if command is None else f"run {command}"
        if text is not None:
            self.when_empty = WhenEmpty.parse(text)
            self._app.tell(f"When the queue is empty: {self.when_empty}")

    def saw(self, snapshot: QueueSnapshot) -> None:
        """Do what is to be done if the queue has just become empty."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or _rest(snapshot):
            return
        # What is small begins and ends between two looks.
        ended = any(
            number > before.counts.get(state, 0)
            for state, number in snapshot.counts.items()
            if state.is_final
        )
        if ended or _rest(before):
            self._became_empty(snapshot)

    def _became_empty(self, snapshot: QueueSnapshot) -> None:
        match self.when_empty.then:
            case Then.NOTIFY:
                failed = snapshot.counts.get(State.FAILED, 0)
                self._app.bell()
                self._app.tell(
                    f"The queue is empty · {failed:,} failed"
                    if failed
                    else "The queue is empty"
                )
            case Then.QUIT:
                self._app.do("quit")
            case Then.RUN:
                self._app.work(self._run_command(), group="queue-command")
            case Then.NOTHING:
                pass

    async def _run_command(self) -> None:
        await self._app.engine.run(self.when_empty.run(quiet=True))
        self._app.tell("The queue is empty; the command was run")


def _rest(snapshot: QueueSnapshot) -> int:
    """How much there is that is still to be carried out."""
    conflicts = snapshot.counts.get(State.CONFLICT, 0)
    return snapshot.unfinished - conflicts + snapshot.planning


def ended(job: Job) -> str:
    """Say how a job ended: `Copied 12 files to photos:2019, 1 failed`."""
    count_of = job.counts.get
    verb = "Moved" if job.request.options.move else "Copied"
    place = show_place(Place(job.request.target, job.request.folder))
    text = f"{verb} {count(count_of(State.DONE, 0), 'file')} to {place}"
    if same := count_of(State.SKIPPED, 0):
        text += f", {same:,} skipped"
    if failed := count_of(State.FAILED, 0):
        text += f", {failed:,} failed"
    return text


def not_copied(job: Job) -> str | None:
    """Say what a job could not take up at all; None if it took up everything."""
    reasons = (*job.problems, *job.left_out)
    if not reasons:
        return None
    lines = list(reasons[:_MOST_REASONS])
    if more := len(reasons) - len(lines):
        lines.append(f"and {more} more")
    return "\n".join(lines)


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


def _command_problem(text: str) -> str | None:
    try:
        WhenEmpty.parse(f"run {text}")
    except UsageError as error:
        return error.message
    return None
