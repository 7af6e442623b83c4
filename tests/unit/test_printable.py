from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.printable import printable

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain.txt", "plain.txt"),
        ("naïve 日本 🎉", "naïve 日本 🎉"),
        ("[/red]x[bold]", "[/red]x[bold]"),
        ("a\x1b]0;PWNED\x07b", "a␛]0;PWNED␇b"),
        ("a\nb\tc\x7f\0", "a␊b␉c␡␀"),
        ("csi\x9b31m", "csi�31m"),
        ("gpj.\u202eexe", "gpj.�exe"),
        ("zero\u200bwidth\ufeff", "zero�width�"),
        ("bad\udcff", "bad�"),
        ("tag\U000e0041", "tag�"),
    ],
)
def test_known_dangers_become_pictures(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_every_unsafe_character_of_unicode_is_replaced() -> None:
    unsafe = {"Cc", "Cf", "Zl", "Zp", "Cs"}
    left = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in unsafe
        and printable(chr(code)) == chr(code)
    ]
    assert left == []


@given(ANY_TEXT)
def test_is_stable_encodable_and_keeps_the_length(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert len(shown) == len(text)
    shown.encode("utf-8")
    assert len(f"x{shown}x".splitlines()) == 1
