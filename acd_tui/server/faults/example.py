"""The annotated example of a file of faults."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from importlib.resources import files

from starlette.routing import Route

from acd_tui.server.faults.errors import ERRORS
from acd_tui.server.faults.middleware import operations


def example(routes: Sequence[Route]) -> str:
    """The example, with the names of all errors and operations."""
    text = (files("acd_tui.server.faults") / "example.toml").read_text("utf-8")
    return text.replace("#OPERATIONS\n", _listed(operations(routes))).replace(
        "#ERRORS\n",
        _listed(f"{name} ({error.status})" for name, error in ERRORS.items()),
    )


def _listed(names: Iterable[str]) -> str:
    lines = textwrap.wrap(
        ", ".join(names),
        width=88,
        initial_indent="#   ",
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "".join(f"{line}\n" for line in lines)
