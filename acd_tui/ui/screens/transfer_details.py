"""Everything that is known of one transfer or job, as it goes on."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.errors import AcdError, NotFound
from acd_tui.ui.chosen import Chosen
from acd_tui.ui.screens.dialog import Dialog, Notice, buttons
from acd_tui.ui.screens.transfer_facts import (
    Fact,
    as_content,
    job_facts,
    transfer_facts,
)

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_LOOK_SECONDS = 1.0


def facts_of(chosen: Chosen, app: AcdApp) -> Coroutine[Any, Any, list[Fact]]:
    """Say all that is known of a transfer, with its story, or of a job.

    Returns:
        What finds it out beside the session; it raises NotFound if that is gone.
    """
    rates = app.rates.of(chosen.transfer.id) if chosen.transfer else None
    queue, snapshot, now = app.session.transfers, app.queue, app.clock.now()
    samples = tuple(rates or ())

    async def find() -> list[Fact]:
        if chosen.transfer is None:
            return job_facts(await queue.job(chosen.job or 0), snapshot, now)
        transfer = await queue.transfer(chosen.transfer.id)
        story = await queue.story(transfer.id)
        return transfer_facts(transfer, snapshot, now, story=story, rates=samples)

    return find()


class TransferDetails(Dialog[None]):
    """Shows one of them; there is nothing to decide."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "cancel", "Close", show=False)
    ]

    def __init__(self, app: AcdApp, chosen: Chosen) -> None:
        one = chosen.transfer or chosen.whole_job
        kind = "Job" if chosen.transfer is None else "Transfer"
        super().__init__(f"{kind} {one.id if one else ''}", None, classes="-wide")
        self._acd = app
        self._chosen = chosen

    def compose_box(self) -> Iterable[Widget]:
        yield Static(id="facts", markup=False)
        yield Notice()
        yield buttons(("close", "Close"))

    def on_mount(self) -> None:
        self.query_one(Button).focus()
        self.set_interval(_LOOK_SECONDS, self._look)
        self._look()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        notice = self.query_one(Notice)
        try:
            facts = await self._acd.engine.run(facts_of(self._chosen, self._acd))
        except NotFound:
            notice.say("It is not in the queue any more", "warning")
        except AcdError as error:
            notice.fail(error)
        else:
            notice.clear()
            shown = self.query_one("#facts", Static)
            shown.update(as_content(facts, shown.size.width))

    def on_button_pressed(self) -> None:
        self.action_cancel()
