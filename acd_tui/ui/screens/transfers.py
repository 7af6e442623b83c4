"""The Transfers screen: all of the queue and its history, and everything one can do."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.types import CSSPathType
from textual.widgets import Static

from acd_tui.errors import AcdError, NotFound
from acd_tui.printable import printable
from acd_tui.transfers.model import Place, QueueSnapshot, State
from acd_tui.transfers.when_empty import Then
from acd_tui.ui.chosen import Chosen
from acd_tui.ui.engine import Transfers
from acd_tui.ui.format import count
from acd_tui.ui.keymap import Where
from acd_tui.ui.keys import show_key
from acd_tui.ui.messages import QueueChanged
from acd_tui.ui.screens.action_screen import ActionScreen
from acd_tui.ui.screens.dialog import STYLES, Notice
from acd_tui.ui.screens.queue_controls import QueueControls
from acd_tui.ui.screens.queue_end import QueueEnd
from acd_tui.ui.screens.transfer_details import facts_of
from acd_tui.ui.screens.transfer_facts import Fact, as_content
from acd_tui.ui.widgets.bar import Bar
from acd_tui.ui.widgets.filter_bar import Choice, FilterBar, ProgressLine
from acd_tui.ui.widgets.job_table import JobRows, JobTable, fetch_jobs
from acd_tui.ui.widgets.line_list import LineList
from acd_tui.ui.widgets.quick_input import QuickInput
from acd_tui.ui.widgets.row_feed import RowFeed
from acd_tui.ui.widgets.status_bar import of_files, progress_pieces, queue_pieces
from acd_tui.ui.widgets.transfer_marks import TransferMarks
from acd_tui.ui.widgets.transfer_rows import (
    SECTIONS,
    TransferRows,
    View,
    counts_of,
    fetch,
    fetch_ids,
)
from acd_tui.ui.widgets.transfer_table import Scrolling, TransferList
from acd_tui.units import show_size

_TICK_SECONDS = 1.0


class _List(msgspec.Struct, frozen=True):
    """One of the lists.

    Attributes:
        action: shows it.
        title: of it.
        sections: of the transfers in it; none for the list of jobs.
        empty: what is said where there are none.
    """

    action: str
    title: str
    sections: tuple[frozenset[State], ...]
    empty: str


_RUNNING = SECTIONS[0]
_LISTS = (
    _List(
        "transfers_all",
        "All",
        SECTIONS,
        "Nothing here yet: F5 in the panes copies what is marked",
    ),
    _List("transfers_running", "Running", (_RUNNING,), "Nothing runs now"),
    _List(
        "transfers_waiting",
        "Waiting",
        (
            frozenset({State.CONFLICT}),
            frozenset({State.QUEUED, State.WAITING, State.PAUSED}),
        ),
        "Nothing waits",
    ),
    _List(
        "transfers_failed",
        "Failed",
        (frozenset({State.FAILED}), frozenset({State.CANCELLED})),
        "Nothing has failed",
    ),
    _List(
        "transfers_done",
        "Done",
        (frozenset({State.DONE, State.SKIPPED}),),
        "Nothing is done yet; what is stays here until it is cleared",
    ),
    _List("transfers_jobs", "Jobs", (), ""),
)
_FAILED, _JOBS = _LISTS[3], _LISTS[-1]


@dataclass(slots=True)
class _Look:
    """What was found out at one look.

    Attributes:
        view: the transfers that were wanted.
        jobs: whether jobs were, instead.
    """

    view: View
    jobs: bool
    rows: TransferRows = field(default_factory=TransferRows)
    job_rows: JobRows = field(default_factory=JobRows)
    counts: Mapping[State, int] = field(default_factory=dict)
    job_count: int = 0


async def _looked(
    look: _Look, queue: Transfers, snapshot: QueueSnapshot, *sight: int
) -> _Look:
    """Fetch the rows in sight (the first, and how many); runs beside the session."""
    first, number = sight
    if look.jobs:
        look.job_rows = await fetch_jobs(queue, first=first, count=number)
        look.counts = await counts_of(queue, snapshot, View())
        look.job_count = look.job_rows.length
    else:
        look.rows = await fetch(queue, snapshot, look.view, first=first, count=number)
        look.counts = look.rows.counts
        look.job_count = await queue.count_jobs()
    return look


async def _nothing() -> list[Fact]:
    return []


class TransfersScreen(ActionScreen):
    """Lists of transfers and of jobs; the result is a place to show in a pane."""

    CSS_PATH: ClassVar[CSSPathType | None] = STYLES / "transfers.tcss"

    def __init__(self, queue_end: QueueEnd) -> None:
        """Make it; `queue_end` has what is to happen when the queue is empty."""
        super().__init__()
        self.table = TransferList(self._all_ids)
        self.jobs = JobTable()
        self._queue_end = queue_end
        self._controls = QueueControls(self)
        self._title = Bar(id="transfers-title")
        self._progress = ProgressLine()
        self._filters = FilterBar()
        self._find = QuickInput(self.table)
        self._notice = Notice()
        self._facts = Static(id="facts", markup=False)
        self._below = VerticalScroll(self._facts, id="about", can_focus=False)
        self._list = _LISTS[0]
        self._is_read = False  # whether its rows are there
        self._job: int | None = None
        self._text = ""
        self._job_count: int | None = None
        self._counts: Mapping[State, int] = {}

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._progress
        yield self._filters
        yield self.table
        yield self.jobs
        yield self._notice
        yield self._find
        yield self._below
        yield self.key_bar

    def on_mount(self) -> None:
        app = self.acd
        self._feed = RowFeed(
            app, fetch=self._fetch, show=self._fetched, failed=self._failed
        )
        self._about = RowFeed(
            app, fetch=self._find_facts, show=self._show_facts, failed=self._gone
        )
        self.set_interval(_TICK_SECONDS, self._tick)
        self._show_list(_LISTS[0])
        self._saw(app.queue)

    # --- parts --------------------------------------------------------------

    @property
    def where(self) -> Where:
        return "transfers"

    @property
    def shows_jobs(self) -> bool:
        return self._list is _JOBS

    @property
    def list_in_use(self) -> LineList:
        return self.jobs if self.shows_jobs else self.table

    @property
    def is_read(self) -> bool:
        return self._is_read

    @property
    def chosen(self) -> Chosen | None:
        if self.shows_jobs:
            job = self.jobs.current
            return None if job is None else Chosen(whole_job=job)
        transfer, marked = self.table.current, self.marks.ids or None
        if transfer is None and marked is None:
            return None
        return Chosen(transfer, marked=marked)

    @property
    def marks(self) -> TransferMarks:
        return self.table.marks

    def follow(self) -> None:
        """Keep the cursor on the transfer it is on, wherever that goes."""
        self.table.follow()

    def candidates(self, context: str) -> tuple[object, ...]:
        found: dict[str, tuple[object, ...]] = {
            "front": (self, self.acd.browser),
            "list": (self.list_in_use,),
            "queue": (self, self._controls, self._queue_end),
            "transfers": (self,),
        }
        return found.get(context, ())

    # --- what is shown ------------------------------------------------------

    def on_queue_changed(self, message: QueueChanged) -> None:
        self._saw(message.snapshot)

    def _saw(self, snapshot: QueueSnapshot) -> None:
        self._show_title(snapshot)
        self._show_progress(snapshot)
        self._feed.saw(snapshot)
        self.table.show_progress(snapshot)
        self.jobs.show_progress(snapshot)
        self.show_keys()

    def _show_title(self, snapshot: QueueSnapshot) -> None:
        notes = [f"only job {self._job}"] if self._job is not None else []
        notes += [f"only `{printable(self._text)}`"] if self._text else []
        marked = len(self.marks.ids)
        notes += [f"{marked:,} marked"] if marked and not self.shows_jobs else []
        end = (f"{', '.join(notes)} · Esc ", "warning")
        if not notes:
            end = (self._limits(snapshot), "dim")
        begin = (" Transfers  ", "strong")
        # What failed is counted in the lists below, files beside the bar.
        brief = [begin, *progress_pieces(snapshot, brief=True)]
        self._title.show([begin, *queue_pieces(snapshot)], [end], short=brief)

    def _limits(self, snapshot: QueueSnapshot) -> str:
        then = self._queue_end.when_empty
        text = f"{snapshot.slots} at a time "
        return f"then {then} · {text}" if then.then is not Then.NOTHING else text

    def _show_progress(self, snapshot: QueueSnapshot) -> None:
        part = snapshot.done / snapshot.size if snapshot.size else 0.0
        text = ""
        if snapshot.unfinished:
            files, total = of_files(snapshot)
            text = (
                f"{files:,} of {count(total, 'file')}, "
                f"{show_size(snapshot.done)} of {show_size(snapshot.size)}"
            )
        rates = self.acd.rates.whole if snapshot.unfinished else ()
        self._progress.show(part, text, rates)

    def _tick(self) -> None:
        """What changes with the time alone."""
        self._show_progress(self.acd.queue)
        self.list_in_use.refresh()
        self._about.again()

    def _view(self) -> View:
        return View(self._list.sections, self._job, self._text)

    def _fetch(self, snapshot: QueueSnapshot) -> Coroutine[Any, Any, _Look]:
        table = self.list_in_use
        look = _Look(self._view(), jobs=self.shows_jobs)
        queue = self.acd.session.transfers
        return _looked(look, queue, snapshot, table.top, table.page + 1)

    async def _all_ids(self) -> list[int]:
        """Find the numbers of all transfers of the list that is shown."""
        queue = self.acd.session.transfers
        return await self.acd.engine.run(fetch_ids(queue, self._view()))

    def on_transfer_table_marked(self) -> None:
        self._show_title(self.acd.queue)
        self.show_keys()

    def _fetched(self, look: _Look) -> None:
        if look.view != self._view() or look.jobs != self.shows_jobs:
            self._feed.at_once()  # another list is wanted meanwhile
            return
        self._notice.clear()
        if look.jobs:
            self.jobs.show(look.job_rows)
        else:
            self.table.show(look.rows)
        self._counts, self._job_count = look.counts, look.job_count
        self._is_read = True
        self._show_filters()
        self._about.again()
        self.show_keys()

    def _failed(self, error: AcdError) -> None:
        self._notice.fail(error)
        self._is_read = True
        self.show_keys()

    def _gone(self, error: AcdError) -> None:
        if isinstance(error, NotFound):
            self._show_facts([])
        else:
            self._failed(error)

    def _show_filters(self) -> None:
        app = self.acd
        choices = []
        for each in _LISTS:
            title, number = each.title, self._job_count
            if each is not _JOBS:
                states = frozenset().union(*each.sections)
                number = sum(self._counts.get(state, 0) for state in states)
            if each is _FAILED:
                title, number = self._lost()
            keys = app.keys_of(each.action)
            key = show_key(keys[0]) if keys else ""
            choices.append(Choice(each.action, key, title, number))
        note = ""
        if (same := app.queue.unlisted) and self._job is None and not self._text:
            note = f"{same:,} more were the same already"
        self._filters.show(choices, self._list.action, note)

    def _lost(self) -> tuple[str, int]:
        """What the list of what failed is called: what the user cancelled did not."""
        failed, cancelled = (
            self._counts.get(state, 0) for state in (State.FAILED, State.CANCELLED)
        )
        if not cancelled:
            return _FAILED.title, failed
        return f"Failed {failed:,}, cancelled" if failed else "Cancelled", cancelled

    def _find_facts(self, _: QueueSnapshot) -> Coroutine[Any, Any, list[Fact]]:
        """Find out what is known of what the cursor is on."""
        chosen = self.chosen
        if chosen is None or chosen.one is None:
            return _nothing()
        return facts_of(chosen, self.acd)

    def _show_facts(self, facts: list[Fact]) -> None:
        self._below.display = bool(facts)  # not looked up: the user may have left
        self._facts.update(as_content(facts, self.size.width - 4))

    def on_scrolling_scrolled(self) -> None:
        table = self.list_in_use
        if isinstance(table, Scrolling) and table.has_gaps:
            self._feed.at_once()

    def on_scrolling_moved(self) -> None:
        self._about.at_once()
        self.show_keys()

    def on_scrolling_opened(self) -> None:
        self.acd.do("details")

    def on_resize(self, event: events.Resize) -> None:
        height = event.size.height
        self._below.styles.height = 5 if height < 30 else 9 if height < 46 else 14

    def on_scrolling_resized(self) -> None:
        self._feed.again()

    # --- which list ---------------------------------------------------------

    def _show_list(self, shown: _List) -> None:
        self._list, self._is_read = shown, False
        self.table.display, self.jobs.display = not self.shows_jobs, self.shows_jobs
        table = self.list_in_use
        if not self.shows_jobs:
            narrowed = self._text or self._job is not None
            self.table.notice = "Nothing of that kind" if narrowed else shown.empty
            self.table.of_running = shown.sections == (_RUNNING,) and not narrowed
            new = any(State.QUEUED in states for states in shown.sections)
            self.table.has_new = new and not narrowed
            self.table.forget()
        self.set_focus(table)
        self._show_filters()
        self._show_title(self.acd.queue)
        self._feed.at_once()

    def do_transfers_all(self) -> None:
        self._show_list(_LISTS[0])

    def do_transfers_running(self) -> None:
        self._show_list(_LISTS[1])

    def do_transfers_waiting(self) -> None:
        self._show_list(_LISTS[2])

    def do_transfers_failed(self) -> None:
        self._show_list(_LISTS[3])

    def do_transfers_done(self) -> None:
        self._show_list(_LISTS[4])

    def do_transfers_jobs(self) -> None:
        self._job, self._text = None, ""
        self._show_list(_JOBS)

    def do_transfers_next(self) -> None:
        self._step(1)

    def do_transfers_previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        following = _LISTS[(_LISTS.index(self._list) + by) % len(_LISTS)]
        self.acd.do(following.action)

    def do_transfers_of_job(self) -> None:
        if (chosen := self.chosen) is not None:
            self._job = chosen.job or (chosen.transfer.job if chosen.transfer else None)
            self._show_list(_LISTS[0])

    def do_sign_in(self) -> None:
        self.acd.browser.parts.remotes.sign_in_to_wanted()

    def do_details(self) -> None:
        """Of a transfer all that is known; of a job its transfers."""
        if self.shows_jobs:
            self.do_transfers_of_job()
        else:
            self._controls.do_details()

    def do_leave_queue(self) -> None:
        """One layer after the other: marks, what is searched for, the job, the screen."""
        if self.marks.ids and not self.shows_jobs:
            self.marks.clear()
            return
        if self._text:
            self._text = ""
        elif self._job is not None:
            self._job = None
            self._show_list(_JOBS)
            return
        else:
            self._leave(None)
            return
        self._show_list(self._list)

    # --- finding ------------------------------------------------------------

    def do_transfers_find(self) -> None:
        if self.shows_jobs:
            self._show_list(_LISTS[0])
        self._find.open("find", "Find:", self._text)

    def on_quick_input_typed(self, message: QuickInput.Typed) -> None:
        self._narrow(message.text)

    def on_quick_input_ended(self, message: QuickInput.Ended) -> None:
        self._narrow(message.text if message.accepted else "")
        self.set_focus(self.table)

    def _narrow(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.table.forget()
            self._show_title(self.acd.queue)
            self._feed.again()

    # --- out of here --------------------------------------------------------

    def do_go_to_source(self) -> None:
        if (chosen := self.chosen) is not None:
            self._leave(chosen.source)

    def do_go_to_target(self) -> None:
        if (chosen := self.chosen) is not None:
            self._leave(chosen.target)

    def _leave(self, place: Place | None) -> None:
        _ = self.dismiss(place)
