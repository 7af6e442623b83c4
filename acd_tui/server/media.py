"""Looking into pictures with Pillow, an extra; nothing here knows of nodes.

Pictures come from anywhere: only decoders of common formats are let near them, and only as
many pixels as memory allows.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

Source = Callable[[], BinaryIO]
"""Opens the content of a picture."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_MOST_PIXELS = 50_000_000
_MOST_JPEG_PIXELS = 120_000_000  # it is scaled while it is decoded
_LONGEST_TEXT = 200
_QUALITY = 82

_BASE = {
    0x010F: "make",
    0x0110: "model",
    0x0112: "orientation",
    0x0131: "software",
    0x0132: "dateTime",
    0x011A: "xResolution",
    0x011B: "yResolution",
    0x0128: "resolutionUnit",
}
_EXIF = {
    0x9003: "dateTimeOriginal",
    0x9004: "dateTimeDigitized",
    0x829A: "exposureTime",
    0xA402: "exposureMode",
    0x8822: "exposureProgram",
    0x9202: "apertureValue",
    0x920A: "focalLength",
    0x8827: "isoSpeedRatings",
    0xA403: "whiteBalance",
    0x9207: "meteringMode",
    0xA217: "sensingMethod",
    0x9209: "flash",
    0xA40A: "sharpness",
    0xA001: "colorSpace",
    0xA406: "captureMode",
}
_EXIF_IFD, _GPS_IFD, _OFFSET_ORIGINAL = 0x8769, 0x8825, 0x9011
_DATES = {"dateTime", "dateTimeOriginal", "dateTimeDigitized"}


class NoPicture(Exception):
    """It is none that we can read; says why."""


class Facts(NamedTuple):
    """What a picture says of itself.

    Attributes:
        image: as in `contentProperties.image`; width and height are as it is to be shown.
        taken: when, in milliseconds since 1970, if it says so.
    """

    image: dict[str, Any]
    taken: int | None


class Scaled(NamedTuple):
    """A smaller picture."""

    data: bytes
    content_type: str
    width: int
    height: int


@cache
def available() -> bool:
    """Tell whether Pillow is installed."""
    return find_spec("PIL") is not None


def facts_of(source: Source) -> Facts:
    """Read size and EXIF of a picture. Blocks.

    Raises:
        NoPicture: it cannot be read.
        OSError: the file cannot.
    """
    with _opened(source) as picture:
        width, height = picture.size
        try:
            image, taken = _exif(picture)
        except Exception:  # noqa: BLE001 - broken EXIF does not spoil the picture
            image, taken = {}, None
        if image.get("orientation") in {"5", "6", "7", "8"}:  # it lies on its side
            width, height = height, width
        return Facts({"width": width, "height": height} | image, taken)


def _exif(picture: Image) -> tuple[dict[str, str], int | None]:
    exif = picture.getexif()
    details = exif.get_ifd(_EXIF_IFD)
    image = _texts(exif, _BASE) | _texts(details, _EXIF)
    if place := _place(exif.get_ifd(_GPS_IFD)):
        image["location"] = place
    return image, _taken(image, details.get(_OFFSET_ORIGINAL))


def scaled(source: Source, longer_side: int) -> Scaled:
    """Make a picture's longer side that long, or leave it if it is shorter. Blocks.

    Raises:
        NoPicture: it cannot be read.
        OSError: the file cannot.
    """
    from PIL import ImageOps

    with _opened(source) as opened:
        opened.draft("RGB", (longer_side, longer_side))
        if math.prod(opened.size) > _MOST_PIXELS:
            raise NoPicture("it has too many pixels")
        picture: Image = ImageOps.exif_transpose(opened)
        see_through = picture.has_transparency_data
        if picture.mode not in {"RGB", "L", "RGBA"} or see_through:
            picture = picture.convert("RGBA" if see_through else "RGB")
        picture.thumbnail((longer_side, longer_side))
        data = io.BytesIO()
        if see_through:
            picture.save(data, "PNG")
            return Scaled(data.getvalue(), "image/png", *picture.size)
        picture.save(data, "JPEG", quality=_QUALITY)
        return Scaled(data.getvalue(), "image/jpeg", *picture.size)


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[Image]:
    from PIL import Image, UnidentifiedImageError

    with source() as file:
        try:
            picture = Image.open(file, formats=_FORMATS)
            jpeg = picture.format in {"JPEG", "MPO"}
            most = _MOST_JPEG_PIXELS if jpeg else _MOST_PIXELS
            if math.prod(picture.size) > most:
                raise NoPicture("it has too many pixels")
            yield picture
        except NoPicture:
            raise
        except UnidentifiedImageError:
            raise NoPicture("its format is not known") from None
        except Exception as error:
            # Decoders raise whatever they like.
            raise NoPicture(f"it cannot be decoded: {error}") from error


def _texts(tags: Any, names: dict[int, str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for tag, name in names.items():
        value = tags.get(tag)
        if value is None:
            continue
        text = _date_text(str(value)) if name in _DATES else _text(value)
        if text:
            texts[name] = text
    return texts


def _text(value: object) -> str:
    """A value of EXIF as Amazon wrote it: fractions as `17/4`."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    numerator = getattr(value, "numerator", None)
    denominator = getattr(value, "denominator", None)
    if denominator not in {None, 0, 1}:
        value = f"{numerator}/{denominator}"
    text = "".join(one for one in str(value) if one.isprintable())
    return text.strip()[:_LONGEST_TEXT]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _date_text(text: str) -> str:
    moment = _moment(text)
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _taken(image: dict[str, Any], offset: object) -> int | None:
    for name in ("dateTimeOriginal", "dateTimeDigitized", "dateTime"):
        if text := image.get(name):
            moment = datetime.fromisoformat(text)
            if name == "dateTimeOriginal" and isinstance(offset, str):
                moment = moment.replace(tzinfo=_zone(offset))
            return int(moment.timestamp() * 1000)
    return None


def _zone(offset: str) -> timezone:
    try:
        sign = -1 if offset.startswith("-") else 1
        hours, minutes = offset.strip("+- \0").split(":")
        return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
    except ValueError:
        return UTC


def _place(gps: Any) -> str | None:
    """Latitude and longitude in degrees."""
    numbers: list[str] = []
    for reference, tag, negative in ((1, 2, "S"), (3, 4, "W")):
        try:
            degrees, minutes, seconds = (float(one) for one in gps[tag])
            value = degrees + minutes / 60 + seconds / 3600
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            return None
        if not math.isfinite(value):
            return None
        numbers.append(f"{-value if gps.get(reference) == negative else value:.6f}")
    return ",".join(numbers)
