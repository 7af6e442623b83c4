from __future__ import annotations

import json

import pytest

from acd_tui.cli import output
from acd_tui.errors import UsageError


def test_an_error_has_its_hint_after_a_blank_line(
    capfd: pytest.CaptureFixture[str],
) -> None:
    output.report(UsageError("no `\x1b[31mremote`", hint="see\nthe list"))
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == "error: no `␛[31mremote`\nhint: see␊the list\n"


def test_names_are_the_real_ones_in_a_pipe(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    data = output.Data()
    assert not data.terminal
    data.line(data.name("a\x1b[2Jb\udcff\u202e\ud800"))
    assert capfdbinary.readouterr().out == b"a\x1b[2Jb" + (
        b"\xff" + "\u202e\ufffd\n".encode()
    )


def test_names_are_harmless_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    data = output.Data()
    monkeypatch.setattr(data, "terminal", True)
    assert data.name("a\x1b[2Jb\nc") == "a␛[2Jb␊c"


def test_json_is_one_document(capfd: pytest.CaptureFixture[str]) -> None:
    data = output.Data()
    data.json({"name": "a\udcffé"})
    data.json_list([])
    data.json_list([{"a": 1}, {"b": 2}])
    text = capfd.readouterr().out
    decoder = json.JSONDecoder()
    first, end = decoder.raw_decode(text)
    assert first == {"name": "a\ufffdé"}
    assert text[end:] == '\n[\n]\n[\n{"a": 1},\n{"b": 2}\n]\n'


def test_a_table_is_as_wide_as_its_widest_cells(
    capfd: pytest.CaptureFixture[str],
) -> None:
    output.Data().table([["a", "bb", "c"], ["aaa", "b", "long name"]])
    assert capfd.readouterr().out == "a    bb  c\naaa  b   long name\n"


def test_progress_is_plain_lines_where_nobody_looks(
    capfd: pytest.CaptureFixture[str],
) -> None:
    line = output.ProgressLine()
    line.show("1/2 files")
    line.give_way()
    line.show("2/2 files")
    assert capfd.readouterr().err == "1/2 files\n2/2 files\n"


def test_progress_is_written_over_on_a_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    line = output.ProgressLine()
    line.terminal = True
    line.show("1/2 files " + "x" * 200)
    output.note("a word")
    line.give_way()
    said = capfd.readouterr().err
    assert said.startswith("\r1/2 files xxx")
    assert said.endswith("x\x1b[K\r\x1b[Ka word\n")
    assert said.count("\n") == 1
    assert said.count("x") < 80
