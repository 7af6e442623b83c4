"""Pictures: looked into once they are durable, and made smaller for whoever asks (amazon-drive-api.md §3.3, §4.8).

Which ones nobody has looked into yet is in the database with their content, so that none
is forgotten if the server is killed; one that kills it is given up after a few tries.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import OrderedDict
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.db import DatabaseError
from acd_tui.server import index, media, wire
from acd_tui.server.disk import Stored
from acd_tui.server.storage import Storage
from acd_tui.server.tree import Tree
from acd_tui.server.wire import NodeRow

THUMBNAIL = 512
_MOST_TRIES = 3
_AT_ONCE = 20
_LOOK_SECONDS = 60.0  # for what another process has left behind
_SIDE_BY_SIDE = 2
_LONGEST_SIDE = 10_000
_MOST_KEPT = 32 * 1024 * 1024

_log = logging.getLogger(__name__)


class Pictures:
    """Looks into new pictures in a thread of its own; scales on request."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._scaling = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._kept: OrderedDict[tuple[str, int], media.Scaled] = OrderedDict()

    def start(self) -> None:
        """Begin to look into what has come and what comes."""
        if self._thread is None and media.available():
            self._thread = threading.Thread(
                target=self._run, name="pictures", daemon=True
            )
            self._thread.start()
            self._storage.closing.append(self.stop)

    def stop(self) -> None:
        """End; blocks until the picture at hand is done."""
        self._stopped.set()
        self._storage.new_pictures.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._storage.new_pictures.clear()
            try:
                busy = self._look()
            except Exception:  # noqa: BLE001 - the border of a thread
                _log.exception("looking into pictures failed; next try in a minute")
                busy = False
            if not busy:
                self._storage.new_pictures.wait(_LOOK_SECONDS)

    def _look(self) -> bool:
        """Look into some pictures; whether there were any."""
        numbers = self._taken()
        for number in numbers:
            if self._stopped.is_set():
                break
            try:
                self._see(number)
            except (OSError, wire.ApiFault):
                _log.exception("a picture could not be looked into")
        return bool(numbers)

    def _taken(self) -> list[int]:
        """Some that are to be looked into; that it was tried is known from now on."""

        def waiting(db: sqlite3.Connection) -> list[tuple[int]]:
            return db.execute(
                "SELECT node FROM unseen WHERE tries < ? LIMIT ?",
                (_MOST_TRIES, _AT_ONCE),
            ).fetchall()

        def take(db: sqlite3.Connection) -> list[tuple[int]]:
            numbers = waiting(db)
            db.executemany(
                "UPDATE unseen SET tries = tries + 1 WHERE node = ?", numbers
            )
            return numbers

        db = self._storage.db
        if not db.read_now(waiting):
            return []
        return [number for (number,) in db.write_now(take)]

    def _see(self, number: int) -> None:
        row = self._storage.db.read_now(lambda db: index.find(db, number))
        if row is None or row.content is None:
            self._storage.db.write_now(lambda db: _forget(db, number))
            return
        opened = partial(self._storage.opened, row.content)
        try:
            facts = media.facts_of(opened)
        except media.NoPicture as error:
            _log.info("node %s is no picture: %s", row.id, error)
            self._storage.db.write_now(lambda db: _forget(db, number, row.content))
            return
        try:
            small = media.scaled(opened, THUMBNAIL)
        except media.NoPicture as error:
            _log.info("node %s has no thumbnail: %s", row.id, error)
            self._keep(row, facts, None, None)
            return
        incoming = self._storage.content.incoming()
        try:
            incoming.write([small.data])
            stored = incoming.finish()
            kept = self._keep(row, facts, small, stored)
        except DatabaseError:
            raise  # nobody can say what the journal will bring back
        except Exception:
            incoming.discard()
            raise
        if kept:
            incoming.settle()
        else:
            incoming.discard()

    def _keep(
        self,
        row: NodeRow,
        facts: media.Facts,
        small: media.Scaled | None,
        stored: Stored | None,
    ) -> bool:
        """Write down what was seen, unless the content is another by now."""
        now = self._storage.now()

        def work(db: sqlite3.Connection) -> bool:
            if not _forget(db, row.num, row.content):
                return False
            tree = Tree(db, index.user_of(db, row.num), now)
            file = tree.put_media(
                index.by_number(db, row.num), {"image": facts.image}, facts.taken
            )
            if small is not None and stored is not None:
                end = "png" if small.content_type == "image/png" else "jpg"
                asset = tree.put_asset(
                    file, f"thumbnail.{end}", stored, small.content_type
                )
                size = {"width": small.width, "height": small.height}
                tree.put_media(asset, {"image": size})
            return True

        return self._storage.db.write_now(work)

    async def answer(self, request: Request, row: NodeRow, box: str) -> Response:
        """A picture, its longer side at most that long.

        Raises:
            ApiFault: 400 no such length, 415 no picture, 501 Pillow is not installed.
        """
        if not box.isascii() or not box.isdigit() or not 0 < len(box) <= 9:
            raise wire.bad_request("viewBox is not a number of pixels")
        side = min(int(box), _LONGEST_SIDE)
        if side == 0:
            raise wire.bad_request("viewBox is not a number of pixels")
        if not media.available():
            raise wire.fault(501, "Pictures are not scaled here: Pillow is missing")
        small = await self._scaled(row, side)
        headers = {
            "etag": f'"{row.md5}-{side}"',
            "cache-control": "private, max-age=86400",
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
        }
        data = None if request.method == "HEAD" else small.data
        return Response(data, 200, headers, small.content_type)

    async def _scaled(self, row: NodeRow, side: int) -> media.Scaled:
        assert row.content is not None
        source = await self._storage.db.read(lambda db: _source(db, row, side))
        key = (source, side)
        if (kept := self._kept.get(key)) is None:
            async with self._scaling:
                try:
                    kept = await self._storage.in_thread(
                        media.scaled, partial(self._storage.opened, source), side
                    )
                except media.NoPicture as error:
                    raise wire.fault(415, f"This cannot be scaled: {error}") from None
                except FileNotFoundError:
                    raise wire.node_not_found() from None
            self._kept[key] = kept
            while sum(len(one.data) for one in self._kept.values()) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return kept


def pictures_of(request: Request) -> Pictures:
    """The pictures of the server that serves a request."""
    pictures: Pictures = request.app.state.pictures
    return pictures


def _forget(db: sqlite3.Connection, number: int, content: str | None = None) -> bool:
    """Take a picture as seen, if it still has that content; whether it was unseen."""
    return bool(
        db.execute(
            "DELETE FROM unseen WHERE node = ? AND (? IS NULL OR EXISTS"
            " (SELECT 1 FROM nodes n WHERE n.num = node AND n.content = ?))",
            (number, content, content),
        ).rowcount
    )


def _source(db: sqlite3.Connection, row: NodeRow, side: int) -> str:
    """The content to scale: the thumbnail, where that is large enough."""
    small = db.execute(
        "SELECT n.content FROM edges e JOIN nodes n ON n.num = e.child WHERE e.parent = ?"
        " AND n.kind = 'ASSET' AND n.content IS NOT NULL",
        (row.num,),
    ).fetchone()
    return str(small[0] if small and side <= THUMBNAIL else row.content)
