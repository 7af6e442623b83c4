"""Pictures as cells of a terminal: two pixels in each, one above the other.

Decoding is Pillow's, an extra. Pictures come from anywhere: only decoders of common
formats are let near them, and only as many pixels as one can wait for.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from acd_tui.errors import Denied

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

SIDE = 800
"""Pixels of a picture's longer side that are kept; no terminal has more."""

_ENDINGS = frozenset(
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif"]
)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_MOST_PIXELS = 50_000_000
_MOST_JPEG_PIXELS = 120_000_000  # it is scaled while it is decoded
_LONGEST_FACT = 60
_UPPER_HALF = "▀"

_EXIF_IFD, _TAKEN, _MAKE, _MODEL = 0x8769, 0x9003, 0x010F, 0x0110


class Picture(msgspec.Struct, frozen=True):
    """A decoded picture, no larger than it can be shown.

    Attributes:
        image: its pixels, with or without an alpha channel.
        facts: what it says of itself; untrusted.
    """

    image: Pixels
    facts: Sequence[str]


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture that may be shown."""
    dot = name.rfind(".")
    return dot > 0 and name[dot:].lower() in _ENDINGS


def available() -> bool:
    """Whether Pillow is installed."""
    return find_spec("PIL") is not None


def decode(data: bytes) -> Picture:
    """Decode a picture. Blocks, and belongs into a thread.

    Raises:
        Denied: it is none that can be shown; says why.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            facts = [f"{opened.width} × {opened.height}", opened.format or ""]
            jpeg = opened.format in {"JPEG", "MPO"}
            if math.prod(opened.size) > (_MOST_JPEG_PIXELS if jpeg else _MOST_PIXELS):
                raise Denied(f"Too large to be shown as a picture: {facts[0]} pixels")
            opened.draft("RGB", (SIDE, SIDE))
            facts += _exif(opened)
            image: Pixels = ImageOps.exif_transpose(opened)
            see_through = image.has_transparency_data
            image = image.convert("RGBA" if see_through else "RGB")
            image.thumbnail((SIDE, SIDE))
    except Denied:
        raise
    except UnidentifiedImageError:
        raise Denied("This is no picture of a format known here") from None
    except Exception as error:
        # Decoders raise whatever they like.
        raise Denied(f"This picture cannot be decoded: {error}") from error
    return Picture(image, [fact for fact in facts if fact])


def _exif(opened: Pixels) -> Iterator[str]:
    """When it was taken, and with what, as far as it says so."""
    try:
        exif = opened.getexif()
        taken = exif.get_ifd(_EXIF_IFD).get(_TAKEN)
        made_by = " ".join(str(exif[tag]) for tag in (_MAKE, _MODEL) if tag in exif)
    except Exception:  # noqa: BLE001 - broken EXIF does not spoil the picture
        return
    if taken:
        day, _, time = str(taken).partition(" ")
        yield f"{day.replace(':', '-')} {time[:5]}"[:_LONGEST_FACT].strip("\0 ")
    if made_by:
        yield made_by[:_LONGEST_FACT].strip("\0 ")


def fitting(picture: Picture, width: int, height: int) -> tuple[int, int]:
    """Return how many cells wide and high a picture is at most in such a room.

    A cell is taken to be twice as high as it is wide. Small pictures stay small.
    """
    columns, rows = picture.image.width, picture.image.height / 2
    scale = min(1.0, width / columns, height / rows)
    return max(1, round(columns * scale)), max(1, round(rows * scale))


def strips(
    picture: Picture, width: int, height: int, background: tuple[int, int, int]
) -> list[Strip]:
    """Draw a picture into so many cells.

    Args:
        picture: what to draw.
        width: columns.
        height: lines.
        background: what shows through it.
    """
    from PIL import Image

    image = picture.image.resize((width, 2 * height), Image.Resampling.LANCZOS)
    if image.mode == "RGBA":
        under = Image.new("RGBA", image.size, (*background, 255))
        image = Image.alpha_composite(under, image).convert("RGB")
    pixels = image.tobytes()
    return [_strip(pixels, 2 * row * width, width) for row in range(height)]


def _strip(pixels: bytes, start: int, width: int) -> Strip:
    segments: list[Segment] = []
    run, last = 0, b""
    for column in range(width):
        upper = 3 * (start + column)
        lower = upper + 3 * width
        pair = pixels[upper : upper + 3] + pixels[lower : lower + 3]
        if pair != last and run:
            segments.append(Segment(_UPPER_HALF * run, _style(last)))
            run = 0
        run, last = run + 1, pair
    segments.append(Segment(_UPPER_HALF * run, _style(last)))
    return Strip(segments, width)


@lru_cache(16_384)
def _style(pair: bytes) -> Style:
    """Two pixels as the colours of a cell."""
    return Style(color=Color.from_rgb(*pair[:3]), bgcolor=Color.from_rgb(*pair[3:]))
