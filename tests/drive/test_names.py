from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd_tui.drive.names import STANDARD, Encoder
from acd_tui.errors import Denied, UsageError
from acd_tui.vfs.names import Codec, parse_mask

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "encoding-vectors.json").read_text("utf-8")
)
ACD = "Slash,InvalidUtf8,Dot"


def name(hexadecimal: str) -> str:
    return bytes.fromhex(hexadecimal).decode("utf-8", "surrogateescape")


def test_masks_have_rclones_numbers() -> None:
    assert parse_mask(ACD) == VECTORS["acd_mask"] == 50331650
    assert STANDARD == VECTORS["standard_mask"] == 33652738
    assert parse_mask("50331650") == parse_mask(" Slash , InvalidUtf8,Dot")
    assert parse_mask("None") == 0
    for bit, vectors in VECTORS["single_bits"].items():
        assert parse_mask(bit) == vectors["bit"]
    assert parse_mask("Raw") == 1
    # As Go's ParseInt with base 0; stock rclone 1.60 takes each of these.
    for text in ("0x300_0002", "50_331_650", "+50331650", "0300000002", "0o300000002"):
        assert parse_mask(text) == VECTORS["acd_mask"]


@pytest.mark.parametrize("text", ["", ",", "Slash,", "0y1", "slash", "1.5", "²"])
def test_what_is_no_encoding(text: str) -> None:
    with pytest.raises(UsageError):
        parse_mask(text)


def test_raw_changes_nothing_if_it_stands_alone() -> None:
    odd = "‛／␀‛41\x01."
    codec = Codec(parse_mask("Raw"))
    assert codec.encode(odd) == codec.decode(odd) == odd
    assert Codec(parse_mask("Raw,Slash")).encode("a/‛") == "a／‛‛"


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(UsageError, match="Slosh"):
        parse_mask("Slosh,Dot")


@pytest.mark.parametrize("which", ["acd", "standard"])
def test_vectors_of_a_mask(which: str) -> None:
    codec = Codec(VECTORS[f"{which}_mask"])
    for vector in VECTORS[which]:
        raw, encoded = name(vector["raw_hex"]), name(vector["encoded_hex"])
        assert codec.encode(raw) == encoded
        assert (codec.decode(encoded) == raw) is vector["decode_gives_raw"]


@pytest.mark.parametrize("bit", VECTORS["single_bits"])
def test_vectors_of_a_single_bit(bit: str) -> None:
    codec = Codec(VECTORS["single_bits"][bit]["bit"])
    for vector in VECTORS["single_bits"][bit]["vectors"]:
        raw, encoded = name(vector["raw_hex"]), name(vector["encoded_hex"])
        assert codec.encode(raw) == encoded
        assert (codec.decode(encoded) == raw) is vector["decode_gives_raw"]


def test_vectors_of_decoding_alone() -> None:
    codec = Codec(VECTORS["acd_mask"])
    for vector in VECTORS["acd_decode_only"]:
        assert codec.decode(name(vector["in_hex"])) == name(vector["out_hex"])


def test_vectors_between_shown_and_stored_names() -> None:
    encoder = Encoder(ACD)
    for vector in VECTORS["acd_standard_conversion"]:
        given_name = name(vector["name_hex"])
        assert encoder.encode(given_name) == name(vector["from_standard_hex"])
        assert encoder.decode(given_name) == name(vector["to_standard_hex"])


@settings(deadline=None)
@given(
    st.binary(max_size=12) | st.text("‛／．.␀\0␁\x01A4f ", max_size=8).map(str.encode)
)
def test_any_bytes_survive_the_way_up_and_down(data: bytes) -> None:
    raw = data.decode("utf-8", "surrogateescape")
    codec = Codec(VECTORS["acd_mask"])
    encoded = codec.encode(raw)
    encoded.encode()  # raises unless it is valid Unicode
    assert "/" not in encoded
    assert "\0" not in encoded
    assert encoded not in {".", ".."}
    assert codec.decode(encoded) == raw


@pytest.mark.parametrize("encoding", ["None", "Raw", "Slash,Dot"])
def test_bytes_that_no_encoding_replaces_are_refused(encoding: str) -> None:
    with pytest.raises(Denied) as caught:
        Encoder(encoding).encode("bad\udcff")
    assert "InvalidUtf8" in (caught.value.hint or "")
    assert Encoder(ACD).encode("bad\udcff") == "bad‛FF"


@settings(deadline=None)
@given(st.text(max_size=12) | st.text("‛／．.␀\0␁\x01A42Ff0/", max_size=8))
def test_whatever_a_server_sends_is_a_name(api_name: str) -> None:
    encoder = Encoder(ACD)
    shown = encoder.decode(api_name)
    assert "/" not in shown
    assert "\0" not in shown
    assert shown not in {".", ".."}
    assert encoder.decode(encoder.encode(shown)) == shown
    assert (shown == "") is (api_name == "")
