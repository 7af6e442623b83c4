from __future__ import annotations

import random

import pytest

from acd_tui.transfers import by_name
from acd_tui.transfers.by_name import ByName
from acd_tui.vfs.entry import Entry, Kind


@pytest.mark.parametrize("bits", [28, 60])
@pytest.mark.parametrize("few", [1, 3, 10_000])
def test_what_was_taken_in_is_found_again(
    monkeypatch: pytest.MonkeyPatch, few: int, bits: int
) -> None:
    """Also where many keys have the same part of their hash."""
    monkeypatch.setattr(by_name, "_FEW", few)
    monkeypatch.setattr(by_name, "_NUMBER_BITS", bits)
    monkeypatch.setattr(by_name, "_HASHES", (1 << 64 - bits) - 1)
    monkeypatch.setattr(by_name, "_NUMBERS", (1 << bits) - 1)
    entries = {
        f"name {number}": Entry(
            name=f"NAME {number}", kind=Kind.FILE, size=number, md5=f"{number:032x}"
        )
        for number in range(1, 500)
    }
    entries["\udcff"] = Entry(name="\udcff", kind=Kind.FOLDER)
    keys = list(entries)
    random.Random(1).shuffle(keys)
    known = ByName(str.lower)
    for number, key in enumerate(keys):
        assert known.get(key) is None
        assert known.first(entries[key]) is entries[key]
        again = Entry(name=entries[key].name.title(), kind=Kind.FILE)
        assert known.first(again) == entries[key]
        if number % 7 == 0:
            for one in keys[: number + 1 : 5]:
                assert known.get(one) == entries[one]
    assert all(known.get(key) == entry for key, entry in entries.items())
    assert known.get("NAME 1") is None
