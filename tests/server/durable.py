"""Writers that know what they were promised, for servers that are killed under them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import sqlite3
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import md5
from typing import Any
from zlib import crc32

import httpx

from acd_tui.server import admin
from acd_tui.server.check import check
from tests.server.conftest import Drive
from tests.server_process import ServerProcess

SMALL = 4096
_OWNER = "acdtui"


@dataclass(frozen=True)
class Known:
    """What a node is, as its writer was told.

    Attributes:
        id: "" if nobody was told.
        name: no other node ever has it.
        parent: its folder.
        content: MD5 and size; None of a folder.
        trashed: it is in the trash.
        value: of its one property.
        purged: it is gone, or may go at any moment.
    """

    id: str
    name: str
    parent: str
    content: tuple[str, int] | None
    trashed: bool = False
    value: str | None = None
    purged: bool = False

    def is_in(self, found: dict[str, Any]) -> bool:
        """Tell whether a node's JSON says exactly this."""
        if self.purged and found["status"] == "PURGED":
            return True
        said = found.get("contentProperties")
        properties = found.get("properties", {}).get(_OWNER, {})
        return (
            found["name"] == self.name
            and found["parents"] == [self.parent]
            and found["status"] == ("TRASH" if self.trashed else "AVAILABLE")
            and (said and (said["md5"], said["size"])) == self.content
            and properties.get("k") == self.value
        )


@dataclass
class Promise:
    """What is under way: the node as it was, if it was, and as it will be.

    Attributes:
        local_id: of an upload that can be gone on with.
        data: of it.
    """

    before: Known | None
    after: Known
    local_id: str = ""
    data: bytes = b""


@dataclass
class Tally:
    """How much was done and seen."""

    kills: int = 0
    kills_in_start: int = 0
    promises: int = 0
    broken_off: int = 0
    broken_off_done: int = 0
    resumed: int = 0
    purged: int = 0
    problems: list[str] = field(default_factory=list)


class Writer:
    """One client that changes its own folder, and keeps a ledger of it."""

    def __init__(
        self, number: int, server: ServerProcess, chance: random.Random, tally: Tally
    ) -> None:
        self.known: dict[str, Known] = {}
        self.pending: Promise | None = None
        self.begun = threading.Event()
        self._name = f"w{number}"
        self._count = 0
        self._chance = chance
        self._tally = tally
        self._headers = server.headers(expires_in=86400)
        self._server = server
        with self._client() as client:
            self.root = Drive(client, server, "owner").folder(self._name)

    def _client(self) -> httpx.Client:
        # To read the certificates of the system takes longer than many a round.
        return httpx.Client(headers=self._headers, timeout=60, verify=False)

    def run(self) -> None:
        """Change this and that until the server is gone."""
        with contextlib.suppress(httpx.TransportError), self._client() as client:
            drive = Drive(client, self._server, "owner")
            while True:
                self._step(drive)
                self.begun.set()

    def _step(self, drive: Drive) -> None:
        steps: list[tuple[int, Callable[[Drive], None]]] = [
            (30, self._upload),
            (12, self._upload_with_local_id),
            (5, self._upload_picture),
            (15, self._overwrite),
            (12, self._folder),
            (12, self._rename),
            (8, self._move),
            (8, self._trash),
            (6, self._restore),
            (10, self._property),
        ]
        weights = [weight for weight, _ in steps]
        ((_, step),) = self._chance.choices(steps, weights)
        step(drive)

    def _new_name(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}.bin"

    def _bytes(self) -> bytes:
        large = self._chance.random() < 0.15
        size = self._chance.randrange(1 << 20, 4 << 20) if large else SMALL
        return self._chance.randbytes(size)

    def _parent(self) -> str:
        folders = [one.id for one in self._live() if one.content is None]
        return self._chance.choice([self.root, *folders])

    def _live(self) -> list[Known]:
        """What can be changed: not in the trash, nor below it."""
        return [one for one in self.known.values() if not self._is_below_trash(one)]

    def _is_below_trash(self, one: Known) -> bool:
        seen: Known | None = one
        while seen is not None:
            if seen.trashed or seen.purged:
                return True
            seen = self.known.get(seen.parent)
        return False

    def _some(self, *, files: bool = False) -> Known | None:
        live = [one for one in self._live() if one.content is not None or not files]
        return self._chance.choice(live) if live else None

    def _do(
        self,
        before: Known | None,
        after: Known,
        ask: Callable[[], httpx.Response],
        **more: Any,
    ) -> None:
        self.pending = Promise(before, after, **more)
        response = ask()
        if response.status_code not in {200, 201, 204}:
            # Nothing here can be refused.
            self._tally.problems.append(
                f"{response.request.method} {response.request.url}:"
                f" {response.status_code} {response.text}"
            )
            self.pending = None
            return
        if not after.id:
            after = dataclasses.replace(after, id=response.json()["id"])
        self.known[after.id] = after
        self.pending = None
        self._tally.promises += 1

    def _upload(self, drive: Drive) -> None:
        data, name, parent = self._bytes(), self._new_name(), self._parent()
        after = Known("", name, parent, described(data))
        self._do(None, after, lambda: drive.send(name, data, parent))

    def _upload_picture(self, drive: Drive) -> None:
        """The server makes a thumbnail of it some time later."""
        data, name, parent = picture(self._chance), self._new_name(), self._parent()
        after = Known("", name, parent, described(data))
        send = partial(drive.send, name, data, parent, content_type="image/png")
        self._do(None, after, send)

    def _upload_with_local_id(self, drive: Drive) -> None:
        data = self._chance.randbytes(self._chance.randrange(2 << 20, 8 << 20))
        name, parent = self._new_name(), self._parent()
        after = Known("", name, parent, described(data))
        query = f"?suppress=deduplication&localId={name}"
        self._do(
            None,
            after,
            lambda: drive.send(name, data, parent, query=query, size=len(data)),
            local_id=name,
            data=data,
        )

    def _overwrite(self, drive: Drive) -> None:
        if (one := self._some(files=True)) is not None:
            data = self._bytes()
            after = dataclasses.replace(one, content=described(data))
            path = f"{drive.c}nodes/{one.id}/content"
            files = {"content": ("x", data, "application/octet-stream")}
            self._do(one, after, lambda: drive.call("PUT", path, files=files))

    def _folder(self, drive: Drive) -> None:
        name, parent = self._new_name(), self._parent()
        body = {"name": name, "kind": "FOLDER", "parents": [parent]}
        after = Known("", name, parent, None)
        self._do(None, after, lambda: drive.call("POST", "nodes", json=body))

    def _rename(self, drive: Drive) -> None:
        if (one := self._some()) is not None:
            after = dataclasses.replace(one, name=self._new_name())
            body = {"name": after.name}
            self._do(
                one, after, lambda: drive.call("PATCH", f"nodes/{one.id}", json=body)
            )

    def _move(self, drive: Drive) -> None:
        one, to = self._some(files=True), self._parent()
        if one is not None and to != one.parent:
            body = {"fromParent": one.parent, "childId": one.id}
            after = dataclasses.replace(one, parent=to)
            path = f"nodes/{to}/children"
            self._do(one, after, lambda: drive.call("POST", path, json=body))

    def _trash(self, drive: Drive) -> None:
        if (one := self._some(files=True)) is not None:
            after = dataclasses.replace(one, trashed=True)
            self._do(one, after, lambda: drive.call("PUT", f"trash/{one.id}"))

    def _restore(self, drive: Drive) -> None:
        trashed = [one for one in self.known.values() if one.trashed and not one.purged]
        if trashed:
            one = self._chance.choice(trashed)
            after = dataclasses.replace(one, trashed=False)
            path = f"trash/{one.id}/restore"
            self._do(one, after, lambda: drive.call("POST", path))

    def _property(self, drive: Drive) -> None:
        if (one := self._some()) is not None:
            after = dataclasses.replace(one, value=str(self._chance.random()))
            path = f"nodes/{one.id}/properties/{_OWNER}/k"
            body = {"value": after.value}
            self._do(one, after, lambda: drive.call("PUT", path, json=body))

    def settle(self, drive: Drive, nodes: dict[str, dict[str, Any]]) -> None:
        """Compare what was promised with what is there; go on from what is there.

        Args:
            drive: of the server, started again.
            nodes: all that it has; what this writer knows of is taken out.
        """
        pending, self.pending = self.pending, None
        for one in list(self.known.values()):
            found = nodes.pop(one.id, None)
            possible = [one]
            if pending is not None and pending.before == one:
                possible.append(pending.after)
            real = next((p for p in possible if found and p.is_in(found)), None)
            if found is None or real is None:
                self._tally.problems.append(f"promised {possible}, found {found}")
                del self.known[one.id]
                continue
            if found["status"] == "PURGED":
                self._tally.purged += 1
                del self.known[one.id]
                continue
            self.known[one.id] = real
            if len(possible) > 1:
                self._count_broken_off(done=real is not one)
                self._compare(drive, real)
        if pending is not None and pending.before is None:
            self._settle_new(drive, pending, nodes)

    def _count_broken_off(self, *, done: bool) -> None:
        self._tally.broken_off += 1
        self._tally.broken_off_done += done

    def _settle_new(
        self, drive: Drive, pending: Promise, nodes: dict[str, dict[str, Any]]
    ) -> None:
        named = [n for n in nodes.values() if n.get("name") == pending.after.name]
        for node in named:
            del nodes[node["id"]]
        if pending.local_id and not named:
            named = self._go_on(drive, pending)
        self._count_broken_off(done=bool(named))
        if not named:
            return
        after = dataclasses.replace(pending.after, id=named[0]["id"])
        if len(named) > 1 or not after.is_in(named[0]):
            self._tally.problems.append(f"asked for {after}, found {named}")
            return
        self.known[after.id] = after
        self._compare(drive, after)

    def _go_on(self, drive: Drive, pending: Promise) -> list[dict[str, Any]]:
        """Send the rest of an upload, if the server remembers its beginning."""
        asked = {"localId": pending.local_id}
        response = drive.client.get(f"{drive.c}resume", params=asked)
        if response.status_code == 204:
            return []
        state = response.json()
        come, size = state["receivedBytes"], len(pending.data)
        if state["uploadState"] != "IN_PROGRESS" or come > size:
            self._tally.problems.append(f"no node, but {state}")
            return []
        headers = {"Content-Range": f"bytes {come}-{size - 1}/{size}"}
        path = f"{drive.c}nodes/{state['nodeId']}/content"
        rest = pending.data[come:]
        response = drive.client.put(path, content=rest, headers=headers)
        if response.status_code != 201:
            self._tally.problems.append(f"{state}: {response.text}")
            return []
        self._tally.resumed += 1
        return [drive.node(state["nodeId"])]

    def compare_all(self, drive: Drive) -> None:
        """Download everything."""
        for one in self.known.values():
            if not one.purged:
                self._compare(drive, one)

    def _compare(self, drive: Drive, one: Known) -> None:
        if one.content is not None:
            data = drive.content(one.id).content
            if described(data) != one.content:
                self._tally.problems.append(f"{one} has {described(data)}")

    def age(self, count: int) -> list[str]:
        """Some of what lies in the trash, to be purged at the next start."""
        # What was just being restored is perhaps not in the trash any more.
        restoring = self.pending.before if self.pending is not None else None
        trashed = [
            one for one in self.known.values() if one.trashed and one != restoring
        ]
        for one in trashed[:count]:
            self.known[one.id] = dataclasses.replace(one, purged=True)
        return [one.id for one in trashed[:count]]


def picture(chance: random.Random) -> bytes:
    """A PNG of 600 × 400 points of one colour, no two the same."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return (
            struct.pack(">I", len(data)) + checked + struct.pack(">I", crc32(checked))
        )

    header = struct.pack(">IIBBBBB", 600, 400, 8, 2, 0, 0, 0)
    rows = (b"\0" + chance.randbytes(3) * 600) * 400
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def described(data: bytes) -> tuple[str, int]:
    return md5(data).hexdigest(), len(data)


class Campaign:
    """One directory, one server that is killed again and again, several writers."""

    def __init__(self, server: ServerProcess, seed: int, *, writers: int = 4) -> None:
        self.tally = Tally()
        self._server = server
        self._chance = random.Random(seed)
        self._writers = [
            Writer(number, server, random.Random(seed * 100 + number), self.tally)
            for number in range(writers)
        ]

    def round(self) -> None:
        """Let them write, kill the server, look, start it, look again."""
        threads = [threading.Thread(target=one.run) for one in self._writers]
        for thread in threads:
            thread.start()
        if self._chance.random() < 0.8:
            # The first answer of a server that has just started takes its time.
            self._writers[0].begun.wait(30)
            self._writers[0].begun.clear()
        longest = 0.3 if self._chance.random() < 0.7 else 2
        threading.Event().wait(self._chance.uniform(0.005, longest))
        self._server.kill()
        self.tally.kills += 1
        for thread in threads:
            thread.join()
        self._check("after the kill")
        if self._chance.random() < 0.3:
            self._age_trash()
        while self._chance.random() < 0.3:
            self._kill_in_start()
        self._server.start()
        self._settle()
        if self.tally.problems:
            raise AssertionError(self.tally)

    def _check(self, when: str) -> None:
        with admin.examined(self._server.directory) as storage:
            problems = check(storage).problems
        self.tally.problems += [f"{when}: {problem}" for problem in problems]

    def _age_trash(self) -> None:
        ids = [one for writer in self._writers for one in writer.age(5)]
        with contextlib.closing(
            sqlite3.connect(self._server.directory / "index.sqlite")
        ) as connection:
            # Some may be purged by now: the last start had more time than we knew.
            connection.executemany(
                "UPDATE nodes SET trashed = 1 WHERE id = ? AND status = 'TRASH'",
                [(one,) for one in ids],
            )
            connection.commit()

    def _kill_in_start(self) -> None:
        """Kill it before it serves, or just when it begins to."""
        delay = self._chance.uniform(0.0, 0.5)
        with contextlib.suppress(RuntimeError):
            timer = threading.Timer(delay, self._kill_process)
            timer.start()
            self._server.start()
            timer.join()
        self._server.kill()
        self.tally.kills_in_start += 1
        self._check("after a kill in the start")

    def _kill_process(self) -> None:
        process = self._server._process
        if process is not None:
            process.kill()

    def _settle(self) -> None:
        with self._drive() as drive:
            nodes = self._all(drive)
            for writer in self._writers:
                writer.settle(drive, nodes)
        if nodes:
            self.tally.problems.append(f"nobody has made {list(nodes.values())}")

    def _all(self, drive: Drive) -> dict[str, dict[str, Any]]:
        roots = {writer.root for writer in self._writers}
        return {
            node["id"]: node
            for line in drive.changes(includePurged="true")
            for node in line.get("nodes", ())
            if not node.get("isRoot")
            and node["kind"] != "ASSET"
            and node["id"] not in roots
            and (node["status"] != "PURGED" or self._is_known(node["id"]))
        }

    def _is_known(self, node_id: str) -> bool:
        return any(node_id in writer.known for writer in self._writers)

    @contextlib.contextmanager
    def _drive(self) -> Any:
        headers = self._server.headers()
        with httpx.Client(headers=headers, timeout=60) as client:
            yield Drive(client, self._server, "owner")

    def end(self) -> Tally:
        """Download all that was ever promised, and check once more."""
        with self._drive() as drive:
            for writer in self._writers:
                writer.compare_all(drive)
        self._check("at the end")
        if self.tally.problems:
            raise AssertionError(self.tally)
        return self.tally


def rounds(server: ServerProcess, seed: int, count: int) -> Tally:
    """A campaign of so many rounds; all it saw.

    Raises:
        AssertionError: something that was promised is not there, or more than that is.
    """
    campaign = Campaign(server, seed)
    for _ in range(count):
        campaign.round()
    tally = campaign.end()
    if path := os.environ.get("ACD_TUI_TEST_TALLY"):
        with open(path, "a") as file:  # noqa: PTH123 - one line of many processes
            file.write(json.dumps(dataclasses.asdict(tally)) + "\n")
    return tally
