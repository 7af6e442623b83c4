"""A five-line app to show one screen in, and stand-ins for what screens talk to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from typing import Any, TypeVar

from msgspec.structs import replace
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from acd_tui.config.shown import RemoteInfo
from acd_tui.errors import AcdError, Exists, FolderNotFound, NotFound
from acd_tui.operations.commands import TrashAll, Trashed
from acd_tui.operations.service import Placed
from acd_tui.operations.turned import Turned
from acd_tui.transfers.model import (
    Conflict,
    ConflictPolicy,
    Place,
    Side,
    State,
    Transfer,
)
from acd_tui.ui.theme import DARK, LIGHT
from acd_tui.vfs.entry import Entry, Kind, TrashItem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath

T = TypeVar("T")

DAY_NS = 86_400 * 10**9
NOW = 1_700_000_000.0

HOSTILE = [
    "[/red]x[bold",
    "[@click=app.quit]x[/]",
    "[link=http://e]x[/link]",
    "x\x1b]0;PWNED\x07y",
    "a\x9bb\x00c\td\ne",
    "\u202egpj.exe",
    "bad\udcff.txt",
    "漢字" * 40,
    "$name ${x} `id`",
]

FORBIDDEN = frozenset("\x1b\x9b\x00\x07\t\u202e\udcff")
"""Characters that must never reach the terminal."""


class Here:
    """Runs the engine's coroutines in the interface's own loop."""

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await coroutine


class Host(App[None]):
    """Shows one screen and remembers its result."""

    def __init__(self, screen: Screen[Any], theme: str = "acd-dark") -> None:
        super().__init__()
        self.shown = screen
        self.results: list[Any] = []
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = theme
        self.animation_level = "none"

    def on_mount(self) -> None:
        _ = self.push_screen(self.shown, self.results.append)


@contextlib.asynccontextmanager
async def showing(
    screen: Screen[Any], size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[None]]:
    """Show a screen in an app of its own."""
    async with Host(screen).run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def results(pilot: Pilot[None]) -> list[Any]:
    """Return what the screen ended with; empty while it is there."""
    app = pilot.app
    assert isinstance(app, Host)
    return app.results


def seen(pilot: Pilot[None]) -> str:
    """Return the text in the terminal, a line for a line."""
    strips = pilot.app.screen._compositor.render_strips(pilot.app.screen.size)
    return "\n".join(strip.text for strip in strips)


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app go on until something holds; the test's own timeout ends it."""
    while not holds():
        await pilot.pause()
        await asyncio.sleep(0.005)


def trash_item(
    number: int, name: str, *, origin: str = "/Photos/2019", age: int = 3
) -> TrashItem:
    trashed = int(NOW * 1e9) - age * DAY_NS
    return TrashItem(
        id=f"id{number}",
        entry=Entry(
            name=name,
            kind=Kind.FOLDER if number % 5 == 4 else Kind.FILE,
            size=None if number % 5 == 4 else 1000 * 7**number % 10**9,
        ),
        origin=VPath.parse(origin),
        trashed_ns=trashed - number,
        purged_ns=trashed + 30 * DAY_NS,
    )


class FakeTrash:
    """A trash bin and the operations on it, with names taken and folders gone."""

    name = "photos"

    def __init__(self, items: Collection[TrashItem]) -> None:
        self.items = {item.id: item for item in items}
        self.taken: set[VPath] = set()
        self.gone: set[VPath] = set()
        self.problem: AcdError | None = None
        self.restored: list[VPath] = []

    async def list_trash(self) -> list[TrashItem]:
        if self.problem is not None:
            raise self.problem
        return list(self.items.values())

    async def restore(
        self, filesystem: str, item_id: str, to: VPath | None = None
    ) -> VPath:
        assert filesystem == self.name
        if item_id not in self.items:
            raise NotFound("it is not in the trash")
        item = self.items[item_id]
        target = to or (item.origin or VPath()) / item.entry.name
        if target.parent in self.gone:
            raise FolderNotFound(f"{target.parent} is gone")
        if target in self.taken:
            raise Exists(f"{target} is taken")
        del self.items[item_id]
        self.restored.append(target)
        return target


class FakeOperations:
    """Trashes and restores in one filesystem in memory, and takes back the last."""

    def __init__(self, *filesystems: MemoryFileSystem) -> None:
        self._filesystems = {each.name: each for each in filesystems}
        self._undo: list[Callable[[], Coroutine[Any, Any, object]]] = []
        self.trashed: list[VPath] = []

    async def trash(self, places: Sequence[Placed]) -> TrashAll:
        fs = self._filesystems[places[0].filesystem]
        items = [await fs.trash(place.path) for place in places]
        self.trashed += [place.path for place in places]

        async def undo() -> None:
            for item in items:
                assert item is not None
                await fs.restore(item)

        self._undo.append(undo)
        gone = tuple(Trashed(place.path, in_trash=True) for place in places)
        return TrashAll(filesystem=fs.name, items=gone)

    async def restore(
        self, filesystem: str, item_id: str, to: VPath | None = None
    ) -> VPath:
        return await self._filesystems[filesystem].restore(item_id, to=to)

    async def undo(self) -> Turned:
        if not self._undo:
            raise NotFound("there is nothing to undo")
        await self._undo.pop()()
        return Turned("undone: trashing", "", None)


def conflict(number: int, name: str, *, same: bool = False) -> Transfer:
    base = int(NOW * 1e9)
    new = Side(size=2048 * number + 7, modified_ns=base, md5=f"{number:032x}")
    old = Side(
        size=new.size if same else 1024 * number,
        modified_ns=base - DAY_NS * (number - 2),
        md5=new.md5 if same else "f" * 32,
    )
    return Transfer(
        id=number,
        job=1,
        source=Place("local", VPath.parse("/home/u/pictures") / name),
        target=Place("photos", VPath.parse("/Photos/2019") / name),
        size=new.size or 0,
        state=State.CONFLICT,
        reason="another file of that name is there",
        conflict=Conflict(source=new, target=old),
    )


class FakeQueue:
    """Conflicts, and what was decided of them."""

    def __init__(self, transfers: Collection[Transfer]) -> None:
        self.waiting = {transfer.id: transfer for transfer in transfers}
        self.decisions: dict[int, ConflictPolicy] = {}
        self.problem: AcdError | None = None
        self.limits: list[int] = []

    async def transfers(
        self,
        *,
        job: int | None = None,
        states: Collection[State] | None = None,
        offset: int = 0,
        limit: int = 200,
        newest_first: bool = False,
    ) -> list[Transfer]:
        assert states == {State.CONFLICT}
        if self.problem is not None:
            raise self.problem
        self.limits.append(limit)
        return list(self.waiting.values())[offset : offset + limit]

    async def decide(self, ids: Collection[int], policy: ConflictPolicy) -> None:
        for identifier in ids:
            del self.waiting[identifier]
            self.decisions[identifier] = policy


class FakeServices:
    """A setup without network: what it is asked is kept, what it answers is set."""

    URL = "http://127.0.0.1:53682/auth"

    def __init__(self) -> None:
        self.names = ["photos"]
        self.keyring: str | None = None
        self.encrypted = False
        self.password: str | None = None
        self.problems: dict[str, AcdError] = {}
        self.broken: dict[str, str] = {}  # drives that cannot be imported, and why
        self.saved: list[tuple[str, dict[str, str], object, str]] = []
        self.renewed: list[tuple[str, object]] = []
        self.exported: list[tuple[str, str]] = []
        self.signed_in = asyncio.Event()
        self.waiting = 0
        self.pasted: list[str] = []
        self.options: Mapping[str, str] = {}
        self.count = 12
        self.imported: tuple[str, str, str] | None = None
        self.infos = {
            "photos": RemoteInfo("photos", "keyring", {"encoding": "Slash"}),
            "home": RemoteInfo("home", "plain-file", {"token": "***"}),
            "demo": RemoteInfo("demo", "built-in", {}),
        }

    def _check(self, step: str) -> None:
        if step in self.problems:
            raise self.problems.pop(step)

    async def remote_names(self) -> list[str]:
        return self.names

    async def remotes(self) -> list[RemoteInfo]:
        self._check("remotes")
        return list(self.infos.values())

    async def rename_remote(self, name: str, new: str) -> None:
        self._check("rename")
        self.infos[new] = replace(self.infos.pop(name), name=new)

    async def copy_remote(self, name: str, new: str) -> None:
        self._check("copy")
        self.infos[new] = replace(self.infos[name], name=new)

    async def delete_remote(self, name: str) -> None:
        self._check("delete")
        del self.infos[name]

    async def set_option(self, name: str, key: str, value: str) -> None:
        self._check("option")
        info = self.infos[name]
        self.infos[name] = replace(info, options={**info.options, key: value})

    async def move_secrets(self, name: str, where: str) -> None:
        self._check("move")
        self.infos[name] = replace(self.infos[name], secrets=where)

    async def keyring_problem(self) -> str | None:
        return self.keyring

    async def is_encrypted(self) -> bool:
        return self.encrypted

    async def set_password(self, password: str | None) -> None:
        self._check("password")
        self.password, self.encrypted = password, password is not None

    async def export(self, name: str, file: str) -> None:
        self._check("export")
        self.exported.append((name, file))

    async def probe(self, server_url: str) -> dict[str, str]:
        self._check("probe")
        return {"endpoint_url": f"{server_url}/drive/v1/account/endpoint"}

    async def sign_in(
        self, options: Mapping[str, str], on_url: Callable[[str], None]
    ) -> object:
        self.options = options
        self._check("sign_in")
        on_url(self.URL)
        self.waiting += 1
        try:
            await self.signed_in.wait()
        finally:
            self.waiting -= 1
        self._check("answer")
        return "TOKEN"

    async def authorization_url(self, options: Mapping[str, str]) -> str:
        self._check("authorization_url")
        return "https://www.amazon.com/ap/oa?client_id=x&state=" + "s" * 120

    async def finish_pasted(self, options: Mapping[str, str], text: str) -> object:
        self._check("finish_pasted")
        self.pasted.append(text)
        return "PASTED"

    async def save(
        self,
        name: str,
        options: Mapping[str, str],
        token: object,
        where: str,
        *,
        password: str | None = None,
    ) -> None:
        self._check("save")
        self.password = password
        self.saved.append((name, dict(options), token, where))

    async def rclone_file(self) -> str:
        return "/home/me/rclone.conf"

    async def import_names(self, path: str, password: str) -> dict[str, str]:
        self._check("import_names")
        return {"old": "", "second": "", **self.broken}

    async def import_from(
        self, path: str, password: str, where: str, *, new_password: str | None = None
    ) -> list[str]:
        self._check("import_from")
        self.imported = (path, password, where)
        self.password = new_password
        return ["old", "second"]

    async def first_listing(self, name: str) -> int:
        self._check("first_listing")
        return self.count

    async def built_in_name(self) -> str:
        return "demo"

    async def start_built_in(self, name: str) -> str:
        self._check("start_built_in")
        return name or "demo"

    async def remote_options(self, name: str) -> dict[str, str]:
        self._check("remote_options")
        return {"client_id": "c"}

    async def renew(self, name: str, token: object) -> None:
        self._check("renew")
        self.renewed.append((name, token))
