"""What is in a file: a picture, Markdown as it reads, text, or bytes."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from acd_tui.errors import AcdError, Denied
from acd_tui.printable import printable
from acd_tui.ui import markdown, pictures
from acd_tui.ui.code import coloured
from acd_tui.ui.format import summary
from acd_tui.ui.patience import Patience
from acd_tui.ui.pictures import Picture
from acd_tui.ui.reading import (
    LIMIT,
    Piece,
    decoded,
    hex_lines,
    is_binary,
    read_piece,
    text_lines,
)
from acd_tui.ui.screens.dialog import Notice
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.widgets.lines import Lines
from acd_tui.ui.widgets.listing import Listing, Order
from acd_tui.ui.widgets.picture_view import PictureView
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import Thumbnails
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

_PATIENCE_SECONDS = 0.15  # until "Reading…" takes the place of what was shown before
_WHOLE = 512 * 1024  # bytes of a picture that is fetched itself, not a smaller one
_LARGEST_PICTURE = 32 * 1024 * 1024
_MOST_NAMES = 1_000
_NO_PILLOW = (
    "Pictures are shown if Pillow is there: `pipx inject acd-tui Pillow`,"
    " or `pip install Pillow` in acd-tui's environment"
)


class As(enum.Enum):
    """How a file may be shown."""

    PICTURE = "the picture"
    MARKDOWN = "formatted text"
    TEXT = "text"
    BYTES = "bytes"


class FileView(Vertical):
    """Shows a file, no more of it than is needed for that.

    Attributes:
        path: of the file; None before the first.
        piece: what was read of it; None for a picture.
        ways: how it may be shown, the way it is shown now first.
    """

    DEFAULT_CSS = """
    FileView { height: 1fr; }
    FileView > .bar { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(
        self, runner: Runner, *, limit: int = LIMIT, keys: bool = False
    ) -> None:
        """Make an empty one; `open` shows a file.

        Args:
            runner: runs what is asked of the filesystem.
            limit: bytes of text that are read at a time.
            keys: whether there are keys for it, which the last line tells.
        """
        super().__init__()
        self._runner = runner
        self._limit = limit
        self._most = min(markdown.MOST, limit)  # of what is shown as it reads
        self._keys = keys
        self._filesystem: FileSystem | None = None
        self._picture: Picture | None = None
        self._picture_size = 0
        self._why_not = ""  # it is not shown as a picture
        self.path: VPath | None = None
        self.piece: Piece | None = None
        self.ways: list[As] = []

    def compose(self) -> ComposeResult:
        yield Notice()
        yield PictureView()
        yield Lines()
        yield Static(classes="bar", markup=False)

    def on_mount(self) -> None:
        self.query_one(PictureView).display = False

    @property
    def lines(self) -> Lines:
        return self.query_one(Lines)

    # --- loading ------------------------------------------------------------------

    def open(self, filesystem: FileSystem, path: VPath) -> None:
        """Show a file from its beginning."""
        self._filesystem, self.path = filesystem, path
        self._load(filesystem, path)

    def open_folder(self, filesystem: FileSystem, path: VPath) -> None:
        """Show what a folder holds."""
        self._filesystem, self.path, self.ways = filesystem, None, []
        self._list(filesystem, path)

    def close(self, why: str = "") -> None:
        """Show nothing."""
        self.workers.cancel_group(self, "load")
        self.path, self.piece, self.ways = None, None, []
        self._show_lines(())
        self.query_one(Notice).say(why)
        self._say()

    def reload(self) -> None:
        """Show the same file anew."""
        if self._filesystem is not None and self.path is not None:
            self.open(self._filesystem, self.path)

    def turn(self, pieces: int | None) -> None:
        """Show another piece of text or bytes.

        Args:
            pieces: how many further on; None for the end of the file.
        """
        piece = self.piece
        if piece is None or self._filesystem is None or self.path is None:
            return
        last = max(0, piece.size - self._limit)
        start = last if pieces is None else piece.start + pieces * self._limit
        start = max(0, min(start, last))
        if start != piece.start:
            self._load(self._filesystem, self.path, start=start)

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(
        self, filesystem: FileSystem, path: VPath, start: int | None = None
    ) -> None:
        notice = self.query_one(Notice)
        patience = Patience(self, _PATIENCE_SECONDS, lambda: notice.say("Reading…"))
        self._why_not = ""
        try:
            if start is None and pictures.is_picture(path.name):
                try:
                    await self._load_picture(filesystem, path)
                    return
                except Denied as error:
                    self._why_not = error.message
            read = read_piece(filesystem, path, self._limit, start or 0)
            self._take(await self._runner.run(read), anew=start is None)
        except AcdError as error:
            notice.fail(error)
            self.ways = []
            self._say("Ctrl-R tries again")
            return
        finally:
            patience.end()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _list(self, filesystem: FileSystem, path: VPath) -> None:
        try:
            entries = await self._runner.run(filesystem.list(path))
        except AcdError as error:
            self.close()
            self.query_one(Notice).fail(error)
            return
        listing = await asyncio.to_thread(Listing, path, entries)
        everything = listing.arranged(
            Order(), hidden=True, pattern="", keep=frozenset()
        )
        shown = everything[:_MOST_NAMES]
        lines = [printable(f"{e.name}/" if e.is_folder else e.name) for e in shown]
        self._show_lines(lines)
        if not lines:
            self.query_one(Notice).say("The folder is empty.")
        self._say(summary(listing.folders, listing.files, listing.size))

    async def _load_picture(self, filesystem: FileSystem, path: VPath) -> None:
        """Show a picture.

        Raises:
            Denied: it cannot be shown as one.
        """
        if not pictures.available():
            raise Denied(_NO_PILLOW)
        size, facts, data = await self._runner.run(_picture_data(filesystem, path))
        picture = await asyncio.to_thread(pictures.decode, data)
        if facts:  # of the original; what was decoded may be a smaller one
            picture = Picture(picture.image, facts)
        self._picture, self._picture_size, self.piece = picture, size, None
        self.ways = [As.PICTURE, As.BYTES]
        self._show()

    def _take(self, piece: Piece, *, anew: bool) -> None:
        self.piece = piece
        if anew:
            assert self.path is not None
            self.ways = [As.TEXT, As.BYTES]
            if is_binary(piece.data):
                self.ways.reverse()
            elif markdown.is_markdown(self.path.name) and piece.size <= self._most:
                self.ways.insert(0, As.MARKDOWN)
        self._show()

    # --- showing --------------------------------------------------------------------

    def toggle(self) -> None:
        """Show it in another way."""
        if not self.ways:
            return
        self.ways.append(self.ways.pop(0))
        if self.piece is None and self.ways[0] is not As.PICTURE:
            assert self._filesystem is not None
            assert self.path is not None
            self._load(self._filesystem, self.path, start=0)
        else:
            self._show()

    def _prepare(self, *, picture: bool = False) -> PictureView:
        """Take away what was shown before."""
        self.workers.cancel_group(self, "colour")
        view = self.query_one(PictureView)
        view.display = picture
        self.lines.display = not picture
        self.query_one(Notice).clear()
        return view

    def _show_lines(self, lines: Sequence[str]) -> None:
        self._prepare()
        self.lines.show(lines)

    def _show(self) -> None:
        way = self.ways[0]
        view = self._prepare(picture=way is As.PICTURE)
        if way is As.PICTURE and self._picture is not None:
            view.show(self._picture)
            facts = [*self._picture.facts, show_size(self._picture_size)]
            self._say(*facts)
        elif self.piece is not None:
            self._show_piece(self.piece, way)

    def _show_piece(self, piece: Piece, way: As) -> None:
        assert self.path is not None
        if self._why_not:
            self.query_one(Notice).say(self._why_not, "warning")
        elif not piece.data:
            self.query_one(Notice).say("The file is empty.")
        kind = "bytes"
        lines: Sequence[str]
        if way is As.BYTES:
            lines = hex_lines(piece.data, piece.start, width=self._width)
        else:
            text, kind = decoded(piece)
            lines = text_lines(text)
        self.lines.show(lines)
        if way is As.TEXT:
            self._colour(self.path.name, lines)
        elif way is As.MARKDOWN:
            self._set("\n".join(lines))
        self._say(_extent(piece), kind)

    def _say(self, *facts: str) -> None:
        """Write the last line."""
        said = [printable(fact) for fact in facts]
        if self._keys:
            if self.piece is not None and len(self.piece.data) < self.piece.size:
                said.append(_turning(self.piece))
            if len(self.ways) > 1:
                said.append(f"h shows {self.ways[1].value}")
        self.query_one(".bar", Static).update(" · ".join(said))

    @work(exclusive=True, group="colour", exit_on_error=False)
    async def _colour(self, name: str, lines: Sequence[str]) -> None:
        dark = self.app.current_theme.dark
        found = await asyncio.to_thread(coloured, name, lines, dark=dark)
        if found is not None:
            self.lines.recolour(found)

    @work(exclusive=True, group="colour", exit_on_error=False)
    async def _set(self, text: str) -> None:
        if self._width < 1:
            return
        dark = self.app.current_theme.dark
        found: Sequence[Strip] = await asyncio.to_thread(
            markdown.rendered, text, self._width, dark=dark
        )
        self.lines.recolour(found)

    @property
    def _width(self) -> int:
        """Columns that a line of text has, also while a picture is shown."""
        return self.size.width - self.lines.gutter.width - 1

    def on_resize(self) -> None:
        # What is laid out for a width, and not only wrapped.
        if self.ways[:1] in ([As.MARKDOWN], [As.BYTES]):
            self._show()


def _extent(piece: Piece) -> str:
    """How much of how much is shown."""
    size = show_size(piece.size)
    if len(piece.data) >= piece.size:
        return size
    if not piece.start:
        return f"first {show_size(len(piece.data))} of {size}"
    if piece.end >= piece.size:
        return f"last {show_size(len(piece.data))} of {size}"
    return f"{show_size(piece.start)} to {show_size(piece.end)} of {size}"


def _turning(piece: Piece) -> str:
    """How to see the rest."""
    if not piece.start:
        return "n goes on, e to the end"
    return "p goes back" if piece.end >= piece.size else "n and p turn over"


async def _picture_data(
    filesystem: FileSystem, path: VPath
) -> tuple[int, Sequence[str], bytes]:
    """Fetch a picture, or a smaller one where there is one.

    Returns:
        Bytes of the original, what is known of it, and what to decode.

    Raises:
        Denied: it is too large to be fetched.
    """
    content = await filesystem.read(path)
    thumbnails: object = filesystem
    if content.size > _WHOLE and isinstance(thumbnails, Thumbnails):
        small = await thumbnails.thumbnail(path, pictures.SIDE)
        if small is not None:
            return content.size, small.facts, small.data
    if content.size > _LARGEST_PICTURE:
        raise Denied(
            f"Too large to be shown as a picture: {show_size(content.size)},"
            f" and {show_size(_LARGEST_PICTURE)} are the most"
        )
    data = bytearray()
    async with content.open(0) as pieces:
        async for piece in pieces:
            data += piece
            if len(data) > _LARGEST_PICTURE:
                raise Denied("It grew while it was read")
    return content.size, (), bytes(data)
