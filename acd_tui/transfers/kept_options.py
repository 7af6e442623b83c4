"""How a job's options are kept in the queue: as JSON, and only what is not usual."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from acd_tui.transfers.model import CopyOptions, Filters

_USUAL = "{}"


def options_text(options: CopyOptions) -> str:
    """Write options as JSON."""
    if options == CopyOptions():
        return _USUAL
    return json.dumps(_unusual(options, CopyOptions()))


def _unusual(options: Any, usual: Any) -> dict[str, Any]:
    default = asdict(usual)
    return {name: v for name, v in asdict(options).items() if v != default[name]}


@lru_cache(maxsize=64)
def read_options(text: str) -> CopyOptions:
    """Read what `options_text` wrote."""
    if text == _USUAL:
        return CopyOptions()
    kept = json.loads(text)
    filters = kept.pop("filters", {})
    rules = tuple(filters.pop("rules", ()))
    return CopyOptions(filters=Filters(rules=rules, **filters), **kept)
