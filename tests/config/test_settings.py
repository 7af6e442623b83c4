"""Settings: strict about what is in the file, gentle with the rest of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd_tui.config.file import change, load, place_of, reset
from acd_tui.config.settings import KeySettings, Settings, TransferSettings
from acd_tui.errors import Denied, UsageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_without_a_file(path: Path) -> None:
    assert load(path) == Settings()
    assert not path.exists()


def test_all_of_it(path: Path) -> None:
    path.write_text('theme = "nord"\nshow_hidden = true\n[transfers]\nslots = 8\n')

    assert load(path) == Settings("nord", True, transfers=TransferSettings(8))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('\n# x\ncolour = "red"\n', "line 3: colour: there is no such setting"),
        ("theme = 5\n", "line 1: theme: expected `str`, got `int`"),
        ("[transfers]\n\nslots = 0\n", "line 3: transfers.slots: expected `int` >= 1"),
        ("transfers.slots = 99\n", "line 1: transfers.slots: expected `int` <= 32"),
        ('[transfers]\nslots = "4"\n', "line 2: transfers.slots: expected `int`"),
        ("transfers = { slots = -1 }\n", "line 1: transfers.slots: expected"),
        ("[transfers]\nspeed = 1\n", "line 2: transfers.speed: there is no such"),
        ('theme = "x"\n[other]\na = 1\n', "line 2: other: there is no such setting"),
        ("transfers = 4\n", "line 1: transfers: expected `object`, got `int`"),
        (
            '[keys]\npreset = "emacs"\n',
            "line 2: keys.preset: invalid enum value 'emacs'",
        ),
        ("[keys.bind]\n\ncopy = 5\n", "line 3: keys.bind.copy: expected `str`"),
        ('columns = ["size", "colour"]\n', "line 1: columns: invalid enum value"),
        ("theme = \n", "is no TOML: .*line 1"),
        ('theme = "a"\ntheme = "b"\n', "is no TOML"),
    ],
)
def test_mistakes_are_named_with_their_line(path: Path, text: str, words: str) -> None:
    path.write_text(text)

    with pytest.raises(UsageError, match=words):
        load(path)


def test_a_change_keeps_comments(path: Path) -> None:
    path.write_text('# mine\ntheme = "nord"  # dark\n\n[transfers]\n# few\nslots = 2\n')

    settings = change(path, "transfers.slots", 6)
    change(path, "show_hidden", value=True)

    assert settings.transfers.slots == 6
    assert path.read_text() == (
        '# mine\ntheme = "nord"  # dark\nshow_hidden = true\n\n'
        "[transfers]\n# few\nslots = 6\n"
    )


def test_a_setting_taken_out_again_keeps_comments(path: Path) -> None:
    text = '# mine\n[keys]\npreset = "vim"  # yes\n\n[keys.bind]\n# less\n'
    path.write_text(text)

    change(path, "keys.bind.copy", "f5, Y")
    assert load(path).keys.bind == {"copy": "f5, Y"}
    assert place_of(path, "keys.bind.copy") == f"{path}, line 7"
    settings = reset(path, "keys.bind.copy")

    assert settings.keys == KeySettings("vim")
    assert path.read_text() == text
    assert reset(path, "transfers.slots") == settings
    assert place_of(path, "keys.bind.copy") == str(path)


def test_a_change_makes_the_file(path: Path) -> None:
    change(path, "transfers.slots", 6)

    assert load(path).transfers.slots == 6


@pytest.mark.parametrize(
    ("key", "value"),
    [("transfers.slots", 0), ("colour", "red"), ("theme", 5), ("theme.x", 1)],
)
def test_a_senseless_change_changes_nothing(
    path: Path, key: str, value: object
) -> None:
    path.write_text('theme = "nord"\n')

    with pytest.raises(UsageError):
        change(path, key, value)  # type: ignore[arg-type]
    assert path.read_text() == 'theme = "nord"\n'


def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Denied):
        load(tmp_path)
