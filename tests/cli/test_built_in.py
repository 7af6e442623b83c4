"""The built-in drive: used by several at a time, by commands, and from start to start."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from acd_tui.cli import built_in
from acd_tui.cli.built_in_server import Addresses, server_process
from acd_tui.locations import Locations
from acd_tui.server import admin, whereabouts
from tests.cli.conftest import Command
from tests.program.terminal import terminal

pytestmark = pytest.mark.socket

ACD = [sys.executable, "-m", "acd_tui"]


@pytest.fixture
def folder() -> Path:
    """The built-in drive's, with nothing in the drive yet."""
    folder = built_in.demo_folder(Locations.from_environment())
    admin.initialise(folder)
    built_in.mark_filled(folder)
    return folder


def test_commands_reach_it_whether_panes_are_open_or_not(
    folder: Path, here: Command, tmp_path: Path
) -> None:
    """A command that was copied in the panes does what they would have done."""
    assert whereabouts.last_address(folder) == (None, False)
    assert here("mkdir", "demo:made").returncode == 0
    assert here("lsf", "demo:").stdout == b"made/\n"
    address, runs = whereabouts.last_address(folder)
    assert address is not None
    assert not runs  # nothing is left behind
    with terminal([*ACD, "demo"], cwd=tmp_path) as screen:
        screen.wait_for("made")
        screen.wait_for("queue empty")
        (tmp_path / "file").write_text("x")
        assert here("copy", "file", "demo:sent").returncode == 0
        screen.wait_for("sent")
        screen.press("q")
        screen.wait_end()


def test_a_name_that_is_not_its_starts_nothing(folder: Path, here: Command) -> None:
    assert here("lsf", "else:").returncode == 2
    assert whereabouts.last_address(folder) == (None, False)


def test_who_chose_it_in_the_wizard_is_not_asked_again(
    folder: Path, tmp_path: Path
) -> None:
    with terminal(ACD, cwd=tmp_path) as screen:
        screen.wait_for("Where is the drive?")
        screen.press("enter", "enter")
        screen.wait_for("demo is ready")
        screen.press("enter", "q")
        screen.wait_end()
    assert built_in.was_chosen(folder)
    with terminal(ACD, cwd=tmp_path) as screen:
        screen.wait_for(lambda text: "demo:" in text and "This folder is empty" in text)
        # Another one meanwhile: both have it.
        with terminal(ACD, cwd=tmp_path) as other:
            other.wait_for(
                lambda text: "demo:" in text and "This folder is empty" in text
            )
            other.press("q")
            other.wait_end()
        screen.press("q")
        screen.wait_end()


async def test_the_next_one_goes_on_where_the_first_one_ends(
    folder: Path, tmp_path: Path
) -> None:
    def elsewhere() -> Addresses | None:
        return built_in.elsewhere(folder)

    log = tmp_path / "log"
    first = server_process(folder, log, elsewhere)
    addresses = await first.__aenter__()
    async with server_process(folder, log, elsewhere) as shared:
        assert shared == addresses
        await first.__aexit__(None, None, None)
        while (now := elsewhere()) is None or now != addresses:
            await asyncio.sleep(0.02)
        assert whereabouts.last_address(folder) == (addresses.url, True)
    assert elsewhere() is None


async def test_two_that_start_at_the_same_time_share_one(
    folder: Path, tmp_path: Path
) -> None:
    def nobody_yet() -> Addresses | None:
        return None

    async with server_process(folder, tmp_path / "log", nobody_yet) as first:
        looks = iter([None])  # it starts just after the second one has looked

        def too_late() -> Addresses | None:
            return next(looks, built_in.elsewhere(folder))

        async with server_process(folder, tmp_path / "log", too_late) as second:
            assert second == first
