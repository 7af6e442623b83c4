"""How a job's options are kept in the queue: as JSON, and only what is not usual."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from msgspec.structs import asdict

from acd_tui.transfers.model import CopyOptions, Filters

_USUAL = "{}"


def options_text(options: CopyOptions) -> str:
    """Write options as JSON."""
    if options == CopyOptions():
        return _USUAL
    usual, asked = _fields(CopyOptions()), _fields(options)
    return json.dumps({name: v for name, v in asked.items() if v != usual[name]})


def _fields(options: CopyOptions) -> dict[str, Any]:
    return {**asdict(options), "filters": asdict(options.filters)}


@lru_cache(maxsize=64)
def read_options(text: str) -> CopyOptions:
    """Read what `options_text` wrote."""
    if text == _USUAL:
        return CopyOptions()
    kept = json.loads(text)
    filters = kept.pop("filters", {})
    rules = tuple(filters.pop("rules", ()))
    return CopyOptions(filters=Filters(rules=rules, **filters), **kept)
