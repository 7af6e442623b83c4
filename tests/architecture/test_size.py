"""No file and no function grows past what one can read at a sitting."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "acd_tui"
MOST_IN_FILE = 400
MOST_IN_FUNCTION = 50

FILES = sorted(PACKAGE.rglob("*.py"))

# Longer on purpose, each with its reason.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}


def code_lines(source: str) -> set[int]:
    """Numbers of the lines that hold a token of code, docstrings not counted."""
    idle = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines = {
        number
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in idle
        for number in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(file: Path) -> None:
    source = file.read_text("utf-8")
    lines = code_lines(source)
    name = str(file.relative_to(PACKAGE))
    if name not in LONG_FILES:
        assert len(lines) <= MOST_IN_FILE, f"{name} has {len(lines)} code lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = len(lines & set(range(node.lineno, (node.end_lineno or 0) + 1)))
            if f"{name}:{node.name}" not in LONG_FUNCTIONS:
                assert length <= MOST_IN_FUNCTION, f"{name}:{node.name} has {length}"
