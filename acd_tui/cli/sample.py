"""The drive that the demo starts with: small, varied, the same each time."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from acd_tui.errors import Exists
from acd_tui.vfs.capabilities import Trash
from acd_tui.vfs.content import BytesContent
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

_AT_ONCE = 8
_EPOCH = datetime(2021, 5, 1, 9, 30, tzinfo=UTC)

README = """\
# Welcome to your Amazon Drive

This is the drive of `acd-tui demo`. It is served by acd-tui's own server on this
machine; nothing here ever leaves it, and nothing you do here can break anything.

- **Tab** changes the pane, **Enter** opens a folder, **Backspace** leaves it.
- **Space** marks, **F5** copies what is marked to the other pane.
- **F8** trashes. The trash gives back: look for it in the palette (**F9**).
- **w** shows the queue, **F1** all keys, **q** quits.
"""

TRASHED = VPath.parse("/Documents/old-draft.txt")


async def fill(drive: FileSystem) -> None:
    """Put the sample drive into `drive`; what is there already is left as it is."""
    files = await asyncio.to_thread(lambda: list(_files()))
    folders = {folder for path, _ in files for folder in path.parents}
    for folder in sorted(folders - {VPath()}):
        with contextlib.suppress(Exists):
            await drive.make_folder(folder)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def put(day: int, path: VPath, data: bytes) -> None:
        moment = _EPOCH + timedelta(days=day * 13, minutes=day * 7)
        content = BytesContent(data, int(moment.timestamp()) * 10**9)
        async with slots:
            with contextlib.suppress(Exists):
                await drive.write(path, content)

    await asyncio.gather(*(put(day, *file) for day, file in enumerate(files)))
    if isinstance(drive, Trash):
        await drive.trash(TRASHED)


def _files() -> Iterator[tuple[VPath, bytes]]:
    dice = random.Random(20140408)  # noqa: S311 - for variety, not for secrets
    for text, data in (
        ("Welcome.md", README.encode()),
        ("Documents/Thesis/chapter-1.md", _prose(dice, 240)),
        ("Documents/Thesis/chapter-2.md", _prose(dice, 410)),
        ("Documents/Thesis/chapter-10.md", _prose(dice, 120)),
        ("Documents/Thesis/figures/overview.png", _picture(640, 400, 30)),
        ("Documents/Thesis/figures/results.png", _picture(480, 480, 200)),
        ("Documents/Letters/2021-05 Grüße an Žofie.txt", _prose(dice, 9)),
        ("Documents/Letters/2022-01 お知らせ.txt", _prose(dice, 7)),
        ("Documents/accounts 2021.csv", _table(dice, 400)),
        ("Documents/accounts 2022.csv", _table(dice, 620)),
        ("Documents/old-draft.txt", _prose(dice, 12)),
        ("Documents/empty.txt", b""),
        ("Music/Tuning/a440.wav", _tone(440)),
        ("Music/Tuning/d294.wav", _tone(294)),
        ("Projects/robot/README.md", b"# robot\n\nIt walks.\n"),
        ("Projects/robot/main.py", b"import walk\n\nwalk.forward(steps=3)\n"),
        (
            "Projects/robot/walk.py",
            b"def forward(steps):\n    print('step ' * steps)\n",
        ),
        ("Projects/robot/data/run-1.json", b'{"steps": 3, "fell": false}\n'),
        ("Projects/robot/data/run-2.json", b'{"steps": 9, "fell": true}\n'),
        ("Backups/laptop-2022-03.img", dice.randbytes(8 * 1024 * 1024)),
        ("Backups/phone-2022-04.img", dice.randbytes(3 * 1024 * 1024)),
        ("Odd names/[bold]not bold[/bold].txt", b"Names are shown as they are.\n"),
        ("Odd names/a name with\nnewline.txt", b"Even this one.\n"),
        ("Odd names/50% + (1 & 2).txt", b"\n"),
        ("Odd names/ leading space", b"\n"),
    ):
        yield VPath.parse(text), data
    for year, place in ((2019, "Coast"), (2020, "Garden"), (2021, "Mountains")):
        for number in range(1, 13):
            picture = _picture(160 + 8 * number, 120, year + 19 * number)
            yield VPath.parse(f"Photos/{year} {place}/IMG_{number:04}.png"), picture


def _prose(dice: random.Random, sentences: int) -> bytes:
    words = [
        "the",
        "drive",
        "keeps",
        "what",
        "we",
        "carry",
        "there",
        "and",
        "gives",
        "it",
        "back",
        "as",
        "it",
        "was",
    ]
    lines = (
        " ".join(dice.choices(words, k=dice.randint(5, 14))).capitalize() + "."
        for _ in range(sentences)
    )
    return ("\n".join(lines) + "\n").encode()


def _table(dice: random.Random, rows: int) -> bytes:
    lines = ["day,what,amount"]
    lines += [
        f"{n % 365 + 1},{dice.choice(['rent', 'food', 'books', 'trains'])},"
        f"{dice.randint(100, 90000) / 100:.2f}"
        for n in range(rows)
    ]
    return ("\n".join(lines) + "\n").encode()


def _picture(width: int, height: int, hue: int) -> bytes:
    """Make a PNG with a slanted colour gradient."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    rows = b"".join(
        b"\0"
        + bytes(
            value
            for x in range(width)
            for value in ((x + hue) % 256, (y * 2 + hue) % 256, (x + y) % 256)
        )
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def _tone(hertz: int) -> bytes:
    """Make one second of a square wave as WAV, 8000 samples a second."""
    samples = bytes(200 if n * 2 * hertz // 8000 % 2 else 56 for n in range(8000))
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = head + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body
