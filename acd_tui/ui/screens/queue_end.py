"""What is to happen when the queue is empty, and how a job ended."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol, cast

from acd_tui.errors import UsageError
from acd_tui.transfers.model import Job, Place, QueueSnapshot, State
from acd_tui.transfers.when_empty import Then, WhenEmpty
from acd_tui.ui.format import count, show_place

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_MOST_REASONS = 3  # in one notification


class Owner(Protocol):
    """What is needed of the screen that owns this."""

    @property
    def app(self) -> object: ...


class QueueEnd:
    """Watches for the end of the queue, and has the `do_…` method of that action.

    Attributes:
        when_empty: what is to happen then; the user's choice, for this run only.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._snapshot: QueueSnapshot | None = None
        self.when_empty = WhenEmpty()

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self._owner.app)

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
                self._app.quit_when_done()
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


def _command_problem(text: str) -> str | None:
    try:
        program, *_ = WhenEmpty.parse(f"run {text}").command
    except UsageError as error:
        return error.message
    # It is run much later, maybe when nobody is there to see that it cannot be.
    return None if shutil.which(program) else f"There is no program {program}"
