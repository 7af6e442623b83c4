"""Sizes, rates, durations and ages: read as rclone reads them, shown for people."""

from __future__ import annotations

import contextlib
import re

from acd_tui.errors import UsageError

_FACTORS = {"": 1024, "b": 1} | {
    letter + end: 1024**power
    for power, letter in enumerate("kmgtpe", start=1)
    for end in ("", "i", "ib")
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)([a-z]*)")
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_LONG_SECONDS = {"d": 86400, "w": 604800, "M": 2592000, "y": 31536000}


def parse_size(text: str) -> int | None:
    """Read a size as rclone does; a bare number is KiB, `off` is None.

    Source: amazon-drive-api.md §7.7 (SizeSuffix).

    Raises:
        UsageError: it is no size.
    """
    if text.strip().lower() == "off":
        return None
    match = _SIZE.fullmatch(text.strip().lower())
    if match is not None and match[2] in _FACTORS:
        with contextlib.suppress(OverflowError):
            return int(float(match[1]) * _FACTORS[match[2]])
    raise UsageError(
        f"{text!r} is not a size", hint="write it like 500B, 64K, 1.5M or 9Gi"
    )


def write_size(size: int | None) -> str:
    """Write a size so that `parse_size` reads it again: `2M`, `1500B`, `off`."""
    if size is None:
        return "off"
    for power, letter in ((4, "T"), (3, "G"), (2, "M"), (1, "K")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{letter}"
    return f"{size}B"


def show_size(size: int | None) -> str:
    """Show a size in bytes with at most four significant digits: `1.2 MiB`."""
    if size is None:
        return "?"
    if size < 1024:
        return f"{size} B"
    value = float(size)
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        value /= 1024
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value:.0f} EiB"


def show_rate(bytes_per_second: float) -> str:
    """Show a rate: `1.2 MiB/s`."""
    return f"{show_size(round(bytes_per_second))}/s"


def parse_duration(text: str) -> float | None:
    """Read a duration as rclone does, in seconds; `off` is None.

    Source: amazon-drive-api.md §7.7 (Duration), without its dates.

    Raises:
        UsageError: it is no duration.
    """
    text = text.strip()
    if text == "off":
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)([dwMy])", text):
        return float(match[1]) * _LONG_SECONDS[match[2]]
    parts = list(_DURATION_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise UsageError(
            f"{text!r} is not a duration", hint="write it like 90s, 3m0s, 1h30m or 2d"
        )
    return sum(float(part[1]) * _SECONDS[part[2]] for part in parts)


def show_duration(seconds: float) -> str:
    """Show a stretch of time by its two largest units: `42s`, `3m 07s`, `2h 05m`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02}h"
