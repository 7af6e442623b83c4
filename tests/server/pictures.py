"""Pictures for tests, and waiting until the server has looked into them."""

from __future__ import annotations

import io
import time
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.server.conftest import Drive


def jpeg(
    width: int = 64, height: int = 48, *, taken: str | None = None, turned: int = 1
) -> bytes:
    """A picture with EXIF; no two calls for different dates give the same bytes."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Model\0", turned
    details = exif.get_ifd(0x8769)
    if taken:
        details[0x9003] = taken
    details[0x829A] = IFDRational(1, 125)
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: (49.0, 15.0, 36.0), 3: "W", 4: (123.0, 6.0, 0.0)})
    return _saved(Image.new("RGB", (width, height), (200, 30, 40)), "JPEG", exif=exif)


def png(width: int, height: int, *, see_through: bool = False) -> bytes:
    mode = "RGBA" if see_through else "RGB"
    return _saved(Image.new(mode, (width, height)), "PNG")


def other(form: str) -> bytes:
    return _saved(Image.new("RGB", (40, 20), (1, 2, 3)), form)


def _saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, form, **options)
    return data.getvalue()


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size


def looked_into(drive: Drive, *ids: str) -> None:
    """Wait until the server has looked into some pictures and made their thumbnails."""
    give_up = time.monotonic() + 60
    for node_id in ids:
        while not drive.find("kind:ASSET", f"nodes/{node_id}/children"):
            assert time.monotonic() < give_up, "nobody has looked into it"
            time.sleep(0.02)
