"""rclone's dialect: what is read, and that all else stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.config.ini import IniText
from acd_tui.errors import UsageError

ODD = """\
# a comment on top
; another

  [acd]
type = amazon cloud drive
client_id:colon:separated = x
  client_secret=  spaced out
token = {"access_token":"a=b:c","expiry":"x"}
"quoted key" = 1
`back = quoted` : 2
\"\"\"three\"\"\"=3
ticks = `  kept  `
triple = \"\"\" a "b" \"\"\"
plain = "stays quoted"
empty =
no separator at all
nested = <%(plain)s> %(nothing)s
plain_too = twice
plain_too = wins

# about the next
[ two words ]
type = s3
[acd]
again = merged
"""


def test_reading() -> None:
    ini = IniText(ODD)

    assert ini.sections() == ["acd", "two words"]
    assert ini.values("acd") == {
        "type": "amazon cloud drive",
        "client_id": "colon:separated = x",
        "client_secret": "spaced out",
        "token": '{"access_token":"a=b:c","expiry":"x"}',
        "quoted key": "1",
        "back = quoted": "2",
        "three": "3",
        "ticks": "  kept  ",
        "triple": ' a "b" ',
        "plain": '"stays quoted"',
        "nested": '<"stays quoted"> %(nothing)s',
        "plain_too": "wins",
        "again": "merged",
    }
    assert ini.values("no such") == {}


def test_unchanged_text_stays_as_it_is() -> None:
    assert IniText(ODD).text == ODD


def test_a_value_is_replaced_in_its_place() -> None:
    ini = IniText(ODD)

    ini.set("acd", "type", "other")
    ini.set("acd", "plain_too", "set")

    lines = ini.text.splitlines()
    assert lines[4] == "type = other"
    assert lines[lines.index("plain_too = twice") + 1] == "plain_too = set"
    assert len(lines) == len(ODD.splitlines())


def test_a_new_key_goes_to_the_end_of_its_section() -> None:
    ini = IniText("[a]\nx = 1\n\n# about b\n[b]\ny = 2\n")

    ini.set("a", "new", "v")
    ini.set("b", "z", "3")
    ini.set("c", "first", "1")

    assert ini.text == (
        "[a]\nx = 1\nnew = v\n\n# about b\n[b]\ny = 2\nz = 3\n\n[c]\nfirst = 1\n"
    )


def test_removing() -> None:
    ini = IniText("# top\n[a]\nx = 1\nx = 2\n\n# about b\n[b]\ny = 2\n\n[a]\nz = 1\n")

    ini.unset("b", "y")
    ini.remove("a")

    assert ini.text == "# top\n# about b\n[b]\n\n"


def test_renaming() -> None:
    ini = IniText("[a]\nx = 1\n[b]\n")
    ini.rename("a", "c d")

    assert ini.text == "[c d]\nx = 1\n[b]\n"


def test_lines_of_windows() -> None:
    assert IniText("[a]\r\nx = 1\r\n").values("a") == {"x": "1"}


def test_a_circle_of_references_ends() -> None:
    ini = IniText("[a]\nx = %(y)s%(y)s\ny = %(x)s%(x)s\n")

    assert "%(" in ini.values("a")["x"]


@pytest.mark.parametrize("text", ["", "\n", "[", "]", "[]", "=", "x=1", "\x00", "[a"])
def test_fragments_do_no_harm(text: str) -> None:
    ini = IniText(text)
    for section in ini.sections():
        ini.values(section)
    ini.set("new", "k", "v")

    assert IniText(ini.text).values("new") == {"k": "v"}


line = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


@given(line)
def test_any_line_can_be_a_value(value: str) -> None:
    ini = IniText("[a]\nx = 1\n\n[b]\ny = 2\n")
    try:
        ini.set("a", "k", value)
    except UsageError:
        assert "%(" in value or "`" in value
        return

    again = IniText(ini.text)
    assert again.values("a").get("k", "") == value
    assert again.values("b") == {"y": "2"}


@pytest.mark.parametrize("value", ["two\nlines", "a\rb", "a\0b", "x%(y)sz", '"""`'])
def test_what_the_dialect_cannot_hold(value: str) -> None:
    ini = IniText("")
    if value == '"""`':
        value = f" {value} "
    with pytest.raises(UsageError):
        ini.set("a", "k", value)
    assert ini.text == ""


VALUES = ["plain", '{"a":"b=c","d":1}', "a`b", 'say "x"', "ü ‛／", "#x", "a;b", "[x]"]


@pytest.mark.peer
@pytest.mark.parametrize("value", VALUES)
def test_rclone_reads_what_is_written(tmp_path: Path, value: str) -> None:
    if shutil.which("rclone") is None and not os.environ.get("CI"):
        pytest.skip("rclone is not installed")
    ini = IniText("# mine\n[other one]\ntype = local\n")
    ini.set("a b", "type", "local")
    ini.set("a b", "value", value)
    path = tmp_path / "rclone.conf"
    path.write_text(ini.text)

    dumped = subprocess.run(
        ["rclone", "--config", str(path), "config", "dump"],
        capture_output=True,
        check=True,
    )

    assert json.loads(dumped.stdout) == {
        "other one": {"type": "local"},
        "a b": {"type": "local", "value": value},
    }
