"""Pictures of every screen, of the real program on the built-in drive, at two sizes.

    python -m tests.ui.screenshots            makes them anew
    python -m tests.ui.screenshots --check    fails if one is stale

Those for the README go to `screenshots/`; what a terminal of 80x24 shows then is kept as
text in `tests/ui/screens/`, where a change of the layout is seen in its difference.
Stale is what reads differently; numbers do not count, since dates, free space and rates
are never the same twice.
"""

from __future__ import annotations

import asyncio
import html
import math
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from textual._context import visible_screen_stack
from textual.pilot import Pilot

from acd_tui.cli import built_in
from acd_tui.cli.host import Host
from acd_tui.clock import SystemClock
from acd_tui.config.file import SettingsFile
from acd_tui.locations import Locations, private_folder
from acd_tui.logs import log_to_file
from acd_tui.session.setup import Setup
from acd_tui.transfers.model import ConflictPolicy, CopyRequest, Place
from acd_tui.ui.app import AcdApp, OwnFiles
from acd_tui.ui.engine import Engine
from acd_tui.ui.screens.browser import BrowserScreen
from acd_tui.vfs.path import VPath

FOLDER = Path(__file__).parents[2] / "screenshots"
SIZE = (112, 32)
TEXTS = Path(__file__).parent / "screens"
SMALL = (80, 24)
HOME = Path(tempfile.gettempdir()) / "acd-tui-tour"
PICTURES = HOME / "Pictures"
REMOTE = "Photos/2021 Mountains"
_WAIT = 90.0

App = AcdApp
Shot = Callable[[Pilot[None], AcdApp], Awaitable[None]]


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the program run until a condition is met."""
    try:
        async with asyncio.timeout(_WAIT):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        print(readable(pilot.app.export_screenshot()))
        raise
    await asyncio.sleep(0.3)


def text_of(app: AcdApp) -> str:
    return readable(app.export_screenshot())


def readable(svg: str) -> str:
    """The text of a picture, or what is text already."""
    if not svg.startswith("<svg"):
        return svg
    lines = re.findall(r"<text[^>]*clip-path[^>]*>(.*?)</text>", svg)
    return html.unescape("\n".join(lines)).replace("\xa0", " ")


def lasting(kept: str) -> str:
    """The text of a picture without what is another at each run.

    Numbers are, and rates, and identifiers, and whether a field's cursor is lit, which parts its text.
    """
    number = r"[\d.,]+ ?([KMGT]?i?B(/s)?|[KMGTsmhd])?\b"
    text = re.sub(r"Node id\s+[\w-]+", "Node id", readable(kept))
    text = re.sub(number, "#", text)
    return re.sub(r"[\s▁-█]+", "", text)


async def small(pilot: Pilot[None], app: AcdApp) -> str:
    """What a small terminal shows now, line by line."""
    await pilot.resize_terminal(*SMALL)
    shown, before = "", None
    while before is None or lasting(shown) != lasting(before):
        await pilot.pause(0.3)
        visible_screen_stack.set(app._background_screens)
        strips = app.screen._compositor.render_strips()
        shown, before = "".join(f"{strip.text.rstrip()}\n" for strip in strips), shown
    await pilot.resize_terminal(*SIZE)
    await pilot.pause(0.3)
    return shown


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.05)


async def browser(pilot: Pilot[None], app: AcdApp) -> None:
    """Both panes, some files marked, the queue below."""
    request = CopyRequest(
        source="demo",
        paths=(VPath.parse("/Documents"), VPath.parse("/Music")),
        target="local",
        folder=VPath.parse(str(HOME / "Copies")),
    )
    await app.engine.run(app.session.transfers.enqueue(request))
    await until(pilot, lambda: sum(app.queue.counts.values()) >= 12)
    await until(pilot, lambda: not app.queue.unfinished and not app.queue.planning)
    await press(pilot, "home", "down", "space", "space", "space", "w")
    await until(pilot, lambda: "Queue" in text_of(app))


async def copy(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "w", "w", "w", "f5")
    await until(pilot, lambda: "To folder" in text_of(app))


async def compare(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "equals_sign", "equals_sign")
    await until(pilot, lambda: " same" in text_of(app))


async def conflicts(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape")
    request = CopyRequest(
        source="local",
        paths=(VPath.parse(str(PICTURES)),),
        target="demo",
        folder=VPath.parse(REMOTE),
        contents=True,
        policy=ConflictPolicy.ASK,
    )
    await app.engine.run(app.session.transfers.enqueue(request))
    await until(pilot, lambda: "conflict" in text_of(app))
    app.clear_notifications()
    await press(pilot, "exclamation_mark")
    await until(pilot, lambda: "Conflicts" in text_of(app))


async def transfers(pilot: Pilot[None], app: AcdApp) -> None:
    """What was queued so far, with what is known of the first that is done."""
    await press(pilot, "escape", "g", "w")
    await until(pilot, lambda: "Jobs" in text_of(app))
    await press(pilot, "1", "end")
    await until(pilot, lambda: "Verified" in text_of(app) or "Not sent" in text_of(app))


async def trash(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "tab", "g", "t")
    await until(pilot, lambda: "old-draft" in text_of(app))


async def view(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape")
    screen = app.browser
    assert isinstance(screen, BrowserScreen)
    screen.right.go(Place("demo", VPath()))
    await until(pilot, lambda: "Welcome.md" in text_of(app))
    await press(pilot, "end", "f3")
    await until(pilot, lambda: "Welcome to your" in text_of(app))


async def search(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "s")
    await until(pilot, lambda: "Search" in text_of(app))
    await press(pilot, *"chapter")
    await until(pilot, lambda: "chapter-10" in text_of(app))


async def space(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "g", "d")
    await until(pilot, lambda: "Backups/" in text_of(app))


async def duplicates(pilot: Pilot[None], app: AcdApp) -> None:
    """The pictures that are on both sides; the newest of each is to stay."""
    await press(pilot, "escape", "g", "u")
    await until(pilot, lambda: "wasted" in text_of(app))
    await press(pilot, "3")
    await until(pilot, lambda: "IMG_" in text_of(app))
    await press(pilot, "n", "down", "down")
    await until(pilot, lambda: "to be trashed" in text_of(app))


async def changes(pilot: Pilot[None], app: AcdApp) -> None:
    """What was done since the timeline was looked at."""
    await press(pilot, "escape", "g", "c")
    await until(pilot, lambda: "Welcome.md" in text_of(app))
    await press(pilot, "escape")
    operations, moved = app.session.operations, VPath.parse("/Music/Tuning")
    target = VPath.parse("/Documents/Tuning")
    await app.engine.run(operations.move(Place("demo", moved), Place("demo", target)))
    letter = Place("demo", VPath.parse("/Documents/Letters"))
    await app.engine.run(operations.trash([letter]))
    await press(pilot, "g", "c")
    await until(pilot, lambda: "New since" in text_of(app))
    await press(pilot, "down")


async def help_(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape")
    await until(pilot, lambda: "free" in text_of(app))  # it is seen beside the help
    await press(pilot, "f1")
    await until(pilot, lambda: "Command palette" in text_of(app))


async def palette(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "f9")
    await pilot.pause(0.3)
    await press(pilot, *"tra")
    await until(pilot, lambda: "trash" in text_of(app))


async def menu(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "tab", "home", "down", "f2")
    await until(pilot, lambda: "Rename" in text_of(app))


async def settings(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "g", "comma")
    await until(pilot, lambda: "Set of keys" in text_of(app))


async def chords(pilot: Pilot[None], app: AcdApp) -> None:
    """Tabs, and what may follow the first key of a chord."""
    await press(pilot, "escape", "t", "n", "backspace", "g")
    await until(pilot, lambda: "First line" in text_of(app))


async def setup(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "A")
    await until(pilot, lambda: "d removes" in text_of(app))
    await press(pilot, "a")
    await until(pilot, lambda: "built-in drive" in text_of(app))


async def preview(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "escape")
    screen = app.browser
    assert isinstance(screen, BrowserScreen)
    screen.go_to(screen.right)
    screen.right.go(Place("demo", VPath.parse(REMOTE)), cursor="IMG_0002.png")
    await press(pilot, "P")
    await until(pilot, lambda: "▀" in text_of(app))


async def properties(pilot: Pilot[None], app: AcdApp) -> None:
    """All that is known of a picture, with what the user wrote about it."""
    await press(pilot, "P", "i")
    await until(pilot, lambda: "Made by" in text_of(app))
    await press(pilot, "tab", *"From the ridge", "tab", *"mountains, print", "ctrl+s")
    await until(pilot, lambda: "saved" in text_of(app))


async def account(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "g", "q")
    await until(pilot, lambda: "As the service counted" in text_of(app))


async def remotes(pilot: Pilot[None], app: AcdApp) -> None:
    await press(pilot, "escape", "A")
    await until(pilot, lambda: "d removes" in text_of(app))


async def log(pilot: Pilot[None], app: AcdApp) -> None:
    """What was damaged before the start, and is made anew."""
    await press(pilot, "escape", "g", "l")
    await until(pilot, lambda: "was empty" in text_of(app))


async def light(pilot: Pilot[None], app: AcdApp) -> None:
    """The panes in light colours, a folder open in place, the queue below."""
    await press(pilot, "escape")
    screen = app.browser
    assert isinstance(screen, BrowserScreen)
    screen.right.go(Place("demo", VPath()))
    await until(pilot, lambda: "Welcome.md" in text_of(app))
    await press(pilot, "home", "down", "right", "down", "right", "w")
    app.show_theme("acd-light")
    await until(pilot, lambda: "accounts 2021" in text_of(app))


SHOTS: dict[str, Shot] = {
    "browser": browser,
    "copy": copy,
    "compare": compare,
    "conflicts": conflicts,
    "transfers": transfers,
    "trash": trash,
    "view": view,
    "search": search,
    "space": space,
    "duplicates": duplicates,
    "changes": changes,
    "help": help_,
    "palette": palette,
    "menu": menu,
    "settings": settings,
    "chords": chords,
    "setup": setup,
    "preview": preview,
    "properties": properties,
    "account": account,
    "remotes": remotes,
    "log": log,
    "light": light,
}


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Pilot[None], AcdApp]]:
    """The demo, with a folder of pictures on this machine that the drive has partly.

    What ends within a minute ends at once: else it would stand in any order.
    """
    now = SystemClock.now
    with patch.object(
        SystemClock, "now", lambda clock: math.ceil(now(clock) / 60) * 60
    ):
        async with demo() as shown:
            yield shown


@asynccontextmanager
async def demo() -> AsyncIterator[tuple[Pilot[None], AcdApp]]:
    shutil.rmtree(HOME, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    os.environ["ACD_TUI_HOME"] = str(HOME / "home")
    locations = Locations.from_environment()
    log_to_file(locations.log_file)
    damage(locations)
    host = Host(locations, built_in.demo_folder(locations))
    engine = Engine(host.opened)
    await engine.ready()
    await engine.run(prepare(host))
    app = AcdApp(
        engine,
        left=Place("local", VPath.parse(str(PICTURES))),
        right=Place("demo", VPath.parse(REMOTE)),
        setup=Setup(lambda: host.session, host.start_built_in, host.built_in_name),
        files=OwnFiles(SettingsFile(locations.settings_file), log=locations.log_file),
    )
    try:
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: text_of(app).count("IMG_") > 12)
            yield pilot, app
    finally:
        await asyncio.to_thread(engine.close)
        shutil.rmtree(HOME, ignore_errors=True)


def damage(locations: Locations) -> None:
    """Give the log something to tell."""
    mirror = locations.mirror_file("demo")
    for file, content in (
        (mirror, b""),
        (locations.cache / "hashes.sqlite", b"?" * 99),
    ):
        private_folder(file.parent)
        file.write_bytes(content)


async def prepare(host: Host) -> None:
    """Bring some of the drive's pictures here, some of them changed."""
    transfers = host.session.transfers
    transfers.slots = 1
    for number in range(1, 9):
        name = f"IMG_{number:04}.png"
        request = CopyRequest(
            source="demo",
            paths=(VPath.parse(REMOTE) / name,),
            target="local",
            folder=VPath.parse(str(PICTURES)),
        )
        await transfers.wait(await transfers.enqueue(request))
    await transfers.clear_finished()
    for name in ("IMG_0003.png", "IMG_0005.png"):
        (PICTURES / name).write_bytes(b"touched up")
    for name in ("IMG_2301.png", "IMG_2302.png", "notes.txt"):
        (PICTURES / name).write_bytes(name.encode() * 4000)


async def pictures() -> dict[Path, str]:
    """All pictures, by the file that each is kept in."""
    made = {}
    async with running() as (pilot, app):
        for name, shot in SHOTS.items():
            await shot(pilot, app)
            made[FOLDER / f"{name}.svg"] = app.export_screenshot(title="acd-tui")
            made[TEXTS / f"{name}.txt"] = await small(pilot, app)
            await press(pilot, "escape") if name == "setup" else None
    return made


def main() -> int:
    made = asyncio.run(pictures())
    stale = 0
    for path, picture in made.items():
        kept = path.read_text("utf-8") if path.exists() else ""
        same = lasting(kept) == lasting(picture)
        if "--check" not in sys.argv:
            # A picture may look different all the same; a text would only be noise.
            if not same or path.suffix == ".svg":
                path.parent.mkdir(exist_ok=True)
                path.write_text(picture, "utf-8")
        elif not same:
            stale += 1
            print(f"{path.name} is stale; it would now read:\n{readable(picture)}\n")
            print(f"it reads:\n{readable(kept)}\n")
    if stale:
        print("make them anew with `python -m tests.ui.screenshots`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
