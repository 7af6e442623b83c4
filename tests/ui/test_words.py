"""What stands in cells and lines, and how typed places are read."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from acd_tui.errors import Denied, UsageError
from acd_tui.transfers.model import Place, QueueSnapshot, Running, State, Transfer
from acd_tui.ui.address import parse_address
from acd_tui.ui.format import (
    address,
    fit,
    fit_end,
    fit_start,
    progress_bar,
    right,
    sentence,
    short_size,
    summary,
    time_cell,
)
from acd_tui.ui.leaving import Outcome
from acd_tui.ui.queue_words import tail_of, when_of
from acd_tui.ui.widgets.listing import Row
from acd_tui.ui.widgets.marks import Marks
from acd_tui.ui.widgets.status_bar import (
    mirror_pieces,
    of_files,
    progress_pieces,
    queue_pieces,
    space_text,
    urgent_pieces,
)
from acd_tui.vfs.entry import Entry, Kind, MirrorStatus, Space
from acd_tui.vfs.path import VPath

NAMES = st.text(st.sampled_from("abc 日本é́…-."), max_size=40)


@given(NAMES, st.integers(1, 40))
def test_cut_names_fill_their_column_exactly(name: str, width: int) -> None:
    for cut in (fit(name, width), fit_end(name, width)):
        assert cell_len(cut) == width
    assert cell_len(fit_start(name, width)) <= width


def test_the_end_of_a_name_stays() -> None:
    assert fit("a very long name.jpg", 12) == "a very l…jpg"
    assert fit("short", 7) == "short  "
    assert right("7", 3) == "  7"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0K"),
        (1536, "1.5K"),
        (10_240, "10K"),
        (1_000_000, "977K"),
        (1_048_576, "1.0M"),
        (5 * 1024**4, "5.0T"),
        (2**80, "1048576E"),
    ],
)
def test_short_sizes(size: int, text: str) -> None:
    assert short_size(size) == text


@pytest.mark.parametrize("ns", [None, 2**80, -(2**80)])
def test_absurd_times_do_no_harm(ns: int | None) -> None:
    assert time_cell(ns, wide=True) in {"", "?"}


def test_progress_bars_are_as_wide_as_asked() -> None:
    for part in (-1, 0, 0.03, 0.5, 0.999, 1, 2):
        full, rest = progress_bar(part, 10)
        assert len(full) + len(rest) == 10
    assert progress_bar(0, 4) == ("", "────")
    assert progress_bar(1, 4) == ("━━━━", "")


def test_summary() -> None:
    assert summary(0, 2, 2048) == "2 files, 2.0 KiB"
    assert summary(1, 2, 2048) == "1 folder and 2 files (2.0 KiB)"
    assert summary(1, 2, 2048, 1 << 20) == "1 folder and 2 files, 1.0 MiB in all"
    assert summary(3, 0, 0) == "3 folders"
    assert summary(3, 0, 0, 2048) == "3 folders, 2.0 KiB in all"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/a/b/", Place("local", VPath(("a", "b")))),
        ("photos:", Place("photos", VPath())),
        ("photos:/x", Place("photos", VPath(("x",)))),
        ("photos:x/../y", Place("photos", VPath(("y",)))),
        ("local:/x", Place("local", VPath(("x",)))),
        ("sub", Place("photos", VPath(("here", "sub")))),
        ("../..", Place("photos", VPath())),
        ("./odd:name", Place("photos", VPath(("here", "odd:name")))),
        ("/odd:name", Place("local", VPath(("odd:name",)))),
    ],
)
def test_places_as_they_are_typed(text: str, place: Place) -> None:
    assert parse_address(text, Place("photos", VPath(("here",))), ["photos"]) == place


def test_a_tilde_is_the_home_folder(home: Path) -> None:
    base = Place("photos", VPath())
    assert address("local", parse_address("~/x", base, []).path) == f"{home}/x"


def test_what_is_no_place() -> None:
    base = Place("local", VPath())
    with pytest.raises(UsageError, match="no remote 'photo'"):
        parse_address("photo:x", base, ["photos"])
    with pytest.raises(Denied):
        parse_address("/a\0b", base, [])


def snapshot(**changes: object) -> QueueSnapshot:
    values: dict[str, object] = {
        "counts": {},
        "size": 0,
        "done": 0,
        "rate": 0.0,
        "left": None,
        "running": (),
        "planning": 0,
        "paused": False,
        "here": True,
        "revision": 1,
    }
    return QueueSnapshot(**(values | changes))  # type: ignore[arg-type]


RUNNING = Running(
    transfer=Transfer(
        id=1,
        job=1,
        source=Place("local", VPath(("a",))),
        target=Place("photos", VPath(("a",))),
        size=1000,
        state=State.RUNNING,
    ),
    done=450,
    rate=2048.0,
    left=75.0,
)


def said(pieces: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in pieces)


def test_the_queue_in_one_line() -> None:
    assert said(queue_pieces(snapshot())) == "queue empty"
    running = snapshot(
        counts={State.DONE: 3, State.RUNNING: 1, State.FAILED: 2, State.CONFLICT: 1},
        size=1000,
        done=450,
        rate=2048.0,
        left=75.0,
        running=(RUNNING,),
    )
    assert said(queue_pieces(running)) == (
        "3 of 5 45% · 2.0 KiB/s · 1m 15s left · 1 conflict · 2 failed"
    )
    assert said(queue_pieces(snapshot(counts={State.DONE: 3}))) == "3 finished"
    held = snapshot(counts={State.QUEUED: 1}, paused=True, left=9.0)
    assert said(queue_pieces(held)) == "held 0 of 1"
    assert "another acd-tui" in said(
        queue_pieces(snapshot(counts={State.QUEUED: 1}, here=False))
    )


@pytest.mark.parametrize(
    ("before", "ended", "left"),
    [
        ({}, {}, "the queue is empty"),
        ({State.DONE: 2000}, {State.DONE: 2001}, "the queue is empty, 1 file copied"),
        ({}, {State.FAILED: 2}, "the queue is empty, 2 failed"),
        ({}, {State.CONFLICT: 1}, "the queue is empty, 1 conflict to decide"),
        ({State.QUEUED: 2}, {State.QUEUED: 1}, "1 left in the queue"),
    ],
)
def test_why_the_program_has_ended(
    before: dict[State, int], ended: dict[State, int], left: str
) -> None:
    outcome = Outcome()
    for counts in (before, ended):
        outcome.saw(snapshot(counts=counts))
    told = outcome.told(snapshot(counts=ended))
    assert told == f"acd-tui: {left}; quit as asked"


def test_what_was_cleared_away_meanwhile_was_copied_all_the_same() -> None:
    outcome = Outcome()
    for done in (0, 340, 0, 6):
        outcome.saw(snapshot(counts={State.DONE: done}))
    assert "346 files copied" in outcome.told(snapshot())


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({State.DONE: 3, State.CONFLICT: 2}, "3 of 5 · 2 conflicts"),
        ({State.WAITING: 1}, "0 of 1 · 1 waiting"),
        ({State.DONE: 1, State.PAUSED: 2}, "1 of 3 · 2 paused"),
    ],
)
def test_what_stands_still_has_no_rate_and_no_end(
    counts: dict[State, int], line: str
) -> None:
    """The meter still falls from what ran before."""
    still = snapshot(counts=counts, rate=2048.0, left=0.0)
    assert said(queue_pieces(still)) == line


def test_a_held_queue_has_no_rate() -> None:
    held = snapshot(counts={State.QUEUED: 1}, paused=True, rate=2048.0)
    assert said(queue_pieces(held)) == "held 0 of 1"


def test_a_queue_that_stops_finishes_something_only_while_something_runs() -> None:
    last = snapshot(counts={State.RUNNING: 1}, draining=True, running=(RUNNING,))
    assert said(queue_pieces(last)) == "finishing these, then stops 0 of 1"
    over = snapshot(counts={State.QUEUED: 1}, draining=True)
    assert said(queue_pieces(over)) == "starts nothing new 0 of 1"


def test_in_brief_what_is_said_elsewhere_is_left_out() -> None:
    busy = snapshot(
        counts={State.DONE: 99_998, State.RUNNING: 1, State.FAILED: 2},
        size=1000,
        done=450,
        rate=999.9 * 1024 * 1024,
        left=86_000.0,
        bandwidth=1 << 30,
        running=(RUNNING,),
    )
    assert said(progress_pieces(busy, brief=True)) == "45% · 999.9 MiB/s · 23h 53m left"
    assert of_files(busy) == (99_998, 99_999)
    counts = {State.CONFLICT: 3, State.FAILED: 2, State.CANCELLED: 97_122}
    some = snapshot(counts=counts, size=10, done=5)
    assert said(urgent_pieces(some)) == "50% · 3 conflicts · 2 failed"


def test_what_failed_or_was_cancelled_is_not_called_finished() -> None:
    counts = {State.DONE: 2, State.SKIPPED: 1, State.FAILED: 1, State.CANCELLED: 1}
    line = said(queue_pieces(snapshot(counts=counts)))
    assert line == "3 finished · 1 failed · 1 cancelled"
    assert said(queue_pieces(snapshot(counts={State.FAILED: 1}))) == "1 failed"


def test_what_is_marked_in_one_line() -> None:
    marks = Marks()
    folder = Entry(name="f", kind=Kind.FOLDER)
    file = Entry(name="a", kind=Kind.FILE, size=2048)
    marks.add(Row(folder, VPath()))
    assert marks.summary() == "1 marked"
    marks.add(Row(file, VPath()))
    assert marks.summary() == "2 marked, 2.0 KiB + 1 folder"
    marks.discard(Row(folder, VPath()))
    assert marks.summary() == "1 marked, 2.0 KiB"


def test_how_current_a_mirror_is() -> None:
    def text(**changes: object) -> str:
        values = {"complete": True, "nodes": 1234, "filling": False, "checked": 1000.0}
        status = MirrorStatus(**(values | changes))  # type: ignore[arg-type]
        return said(mirror_pieces(status, 1100.0))

    assert text() == ""
    assert text(checked=0.0) == "checked 18m 20s ago"
    assert text(problem="no route to host") == "offline, 1m 40s old"
    assert text(problem="no", signed_out=True) == "signed out, 1m 40s old"
    assert text(problem="no room", disk_full=True) == "disk full, 1m 40s old"
    assert text(filling=True, complete=False) == "reading the drive, 1,234 so far"
    damaged = {"damage": "it was damaged", "complete": False}
    assert text(**damaged) == "copy damaged, made anew, 1,234 so far"
    assert text(**damaged, problem="no route") == "offline, 1m 40s old"
    assert text(damage="it was damaged") == ""
    assert text(filling=True) == "updating"
    assert mirror_pieces(None, 0.0) == []


def test_space() -> None:
    assert space_text(Space(total=None, used=5, free=None)) == "5 B used"
    assert space_text(Space(total=9, used=5, free=4)) == "4 B free"
    assert space_text(None) == ""


def test_what_was_sent_whole_waits_for_the_answer() -> None:
    """It is not "0s left" for as long as the service says nothing."""
    sent = msgspec.structs.replace(RUNNING, done=1000, rate=12.0, left=0.0)
    words = tail_of(sent.transfer, sent, None, 0.0, room=60)
    assert words == "sent · waits for the answer"
    assert when_of(sent.transfer, sent, 0.0) == ""
    fetched = msgspec.structs.replace(
        sent.transfer, source=sent.transfer.target, target=sent.transfer.source
    )
    down = msgspec.structs.replace(sent, transfer=fetched)
    assert "sent" not in tail_of(fetched, down, None, 0.0, room=60)
    assert when_of(RUNNING.transfer, RUNNING, 0.0) == "1m 15s left"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no such folder", "No such folder"),
        ("upload_wait_per_gb: 'x' is not a duration", "upload_wait_per_gb: 'x' is not"),
        ("", ""),
    ],
)
def test_a_sentence_leaves_names_of_options_as_they_are(text: str, shown: str) -> None:
    assert sentence(text).startswith(shown)
    assert sentence(text)[1:] == text[1:]
