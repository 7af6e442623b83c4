"""Pictures, Markdown and the parts of long files, in the viewer."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from acd_tui.errors import Denied
from acd_tui.ui import pictures
from acd_tui.ui.markdown import rendered
from acd_tui.ui.pictures import decode, fitting, is_picture, strips
from acd_tui.ui.reading import LIMIT
from acd_tui.ui.screens import file_view
from acd_tui.ui.screens.view import View
from acd_tui.vfs.entry import Thumbnail
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.ui.screen_fakes import FORBIDDEN, Here, seen, showing, until

RED, BLUE = (250, 0, 0), (0, 0, 250)


def picture(
    size: tuple[int, int] = (8, 8),
    kind: str = "PNG",
    mode: str = "RGB",
    color: tuple[int, ...] = RED,
    exif: Image.Exif | None = None,
) -> bytes:
    """A red picture with a blue lower half."""
    image = Image.new(mode, size, color)
    if mode == "RGB":
        image.paste(BLUE, (0, size[1] // 2, size[0], size[1]))
    data = io.BytesIO()
    image.save(data, kind, exif=exif) if exif else image.save(data, kind)
    return data.getvalue()


def colours(data: bytes, width: int, height: int) -> list[list[tuple[str, str]]]:
    """Upper and lower colour of each cell."""
    rows = []
    for strip in strips(decode(data), width, height, (1, 2, 3)):
        row = []
        for segment in strip:
            assert segment.style is not None
            upper, lower = segment.style.color, segment.style.bgcolor
            assert upper is not None
            assert lower is not None
            row += [(upper.name, lower.name)] * segment.cell_length
        rows.append(row)
    return rows


def test_each_cell_shows_two_pixels() -> None:
    red, blue = "#fa0000", "#0000fa"
    assert colours(picture((2, 6)), 2, 3) == [
        [(red, red)] * 2,
        [(red, blue)] * 2,
        [(blue, blue)] * 2,
    ]


def test_what_is_transparent_shows_what_lies_behind() -> None:
    data = picture((2, 2), mode="RGBA", color=(0, 0, 0, 0))
    assert colours(data, 2, 1) == [[("#010203", "#010203")] * 2]


def test_pictures_fit_and_are_never_enlarged() -> None:
    assert fitting(decode(picture((800, 400))), 100, 40) == (100, 25)
    assert fitting(decode(picture((400, 800))), 100, 40) == (40, 40)
    assert fitting(decode(picture((10, 10))), 100, 40) == (10, 5)
    assert fitting(decode(picture((800, 1))), 100, 40) == (100, 1)


def test_a_picture_says_what_is_known_of_it_and_lies_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # it lies on its side
    exif[0x010F], exif[0x0110] = "Canon\x1b", "EOS"
    exif.get_ifd(0x8769)[0x9003] = "2019:07:01 12:34:56"
    shown = decode(picture((1600, 900), "JPEG", exif=exif))
    assert shown.facts == ["1600 × 900", "JPEG", "2019-07-01 12:34", "Canon\x1b EOS"]
    assert shown.image.size == (450, 800)


def test_what_is_no_picture_or_too_large_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Denied, match="no picture of a format known"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(Denied, match="cannot be decoded"):
        decode(picture((200, 200))[:-60])
    monkeypatch.setattr(pictures, "_MOST_PIXELS", 63)
    with pytest.raises(Denied, match="8 × 8 pixels"):
        decode(picture())
    assert is_picture("a.JPG")
    assert not is_picture("a.txt")
    assert not is_picture(".png")


async def test_the_viewer_shows_a_picture_and_its_bytes() -> None:
    memory = MemoryFileSystem()
    memory.put("/a.png", picture((8, 8)))
    async with showing(View(Here(), memory, VPath(("a.png",)))) as pilot:
        await until(pilot, lambda: "8 × 8 · PNG" in seen(pilot))
        assert seen(pilot).count("▀" * 8) == 4
        await pilot.press("h")
        await until(pilot, lambda: "000000  89 50 4e 47" in seen(pilot))
        assert "▀" not in seen(pilot)
        await pilot.press("h")
        await until(pilot, lambda: "▀" * 8 in seen(pilot))
        await pilot.resize_terminal(12, 8)
        await until(pilot, lambda: "▀" in seen(pilot))


@pytest.mark.parametrize("pillow", [True, False])
async def test_what_cannot_be_shown_as_a_picture_says_why_and_shows_bytes(
    monkeypatch: pytest.MonkeyPatch, pillow: bool
) -> None:
    memory = MemoryFileSystem()
    memory.put("/a.png", b"\0not at all")
    monkeypatch.setattr(pictures, "available", lambda: pillow)
    async with showing(View(Here(), memory, VPath(("a.png",)))) as pilot:
        await until(pilot, lambda: "00 6e 6f 74" in seen(pilot))
        why = "This is no picture" if pillow else "pipx inject acd-tui Pillow"
        assert why in seen(pilot)


class Scaling(MemoryFileSystem):
    """Makes smaller pictures, and counts them."""

    asked = 0

    async def thumbnail(self, path: VPath, side: int) -> Thumbnail | None:
        self.asked += 1
        if path.name == "none.png":
            return None
        return Thumbnail(data=picture((4, 4)), facts=["4000 × 4000", "Canon"])


async def test_of_large_pictures_a_smaller_one_is_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []

    async def hook(name: str, path: VPath) -> None:
        if name == "piece":
            read.append(path.name)

    memory = Scaling()
    memory.hook = hook
    for name in ("small.png", "none.png", "large.png"):
        memory.put(f"/{name}", picture((8, 8)))
        monkeypatch.setattr(file_view, "_WHOLE", 10_000 if name == "small.png" else 1)
        async with showing(View(Here(), memory, VPath((name,)))) as pilot:
            await until(pilot, lambda: "▀" in seen(pilot))
            large = "4000 × 4000 · Canon" in seen(pilot)
            assert large == (name == "large.png")
    assert memory.asked == 2
    assert set(read) == {"small.png", "none.png"}
    monkeypatch.setattr(file_view, "_LARGEST_PICTURE", 5)
    async with showing(View(Here(), memory, VPath(("none.png",)))) as pilot:
        await until(pilot, lambda: "Too large to be shown as a picture" in seen(pilot))


MARKDOWN = """
# Title

Some *words* and [a link](http://example.org/x), `code` and &#x202e;gnp entities.

- one
- two [red]

| a | b |
|---|---|
| 1 | 2 |
"""


async def test_markdown_is_shown_as_it_reads() -> None:
    memory = MemoryFileSystem()
    memory.put("/a.md", MARKDOWN.encode())
    async with showing(View(Here(), memory, VPath(("a.md",)))) as pilot:
        await until(pilot, lambda: "• one" in seen(pilot))
        text = seen(pilot)
        assert "# Title" not in text
        assert "a link (http://example.org/x)" in text
        assert "two [red]" in text
        assert "\ufffdgnp" in text
        assert not FORBIDDEN & set(text)
        await pilot.press("h")
        assert "# Title" in seen(pilot)
        await pilot.press("h")
        assert "000000  0a 23 20" in seen(pilot)
        await pilot.press("h")
        await until(pilot, lambda: "• one" in seen(pilot))
        await pilot.resize_terminal(40, 24)
        await until(pilot, lambda: "• one" in seen(pilot))


def test_markdown_fits_its_width() -> None:
    for width in (20, 78):
        strips = rendered(MARKDOWN.replace("&#", "") + "x" * 300, width, dark=True)
        assert max(strip.cell_length for strip in strips) <= width


async def test_long_files_are_read_part_by_part() -> None:
    memory = MemoryFileSystem()
    text = "".join(f"line é{number}\n" for number in range(60_000)).encode()
    memory.put("/a.txt", text)
    starts = []
    content = await memory.read(VPath(("a.txt",)))
    opened = type(content).open

    def noted(self: object, offset: int = 0) -> object:
        starts.append(offset)
        return opened(self, offset)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(content), "open", noted)
        async with showing(View(Here(), memory, VPath(("a.txt",)))) as pilot:
            await until(pilot, lambda: "first 256.0 KiB of 7" in seen(pilot))
            await pilot.press("p")  # there is nothing before
            await pilot.press("n")
            await until(pilot, lambda: "256.0 KiB to 512.0 KiB" in seen(pilot))
            assert "�" not in seen(pilot)
            await pilot.press("h")
            assert f"{LIMIT:06x}  " in seen(pilot)
            await pilot.press("e")
            await until(pilot, lambda: "last 256.0 KiB of 7" in seen(pilot))
            await pilot.press("h", "G")
            await until(pilot, lambda: "line é59999" in seen(pilot))
            await pilot.press("n")  # nor behind
            await pilot.press("p")
            await until(pilot, lambda: " to " in seen(pilot))
    assert starts == [0, LIMIT, len(text) - LIMIT, len(text) - 2 * LIMIT]
