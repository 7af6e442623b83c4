"""Answers of the real service, and answers no service should give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.api.models import (
    ChangeSet,
    Endpoint,
    Info,
    Node,
    NodeList,
    Quota,
    Usage,
    decode,
)


def test_a_file(samples: Path) -> None:
    node = decode(Node, (samples / "node-file.json").read_bytes())

    assert (node.id, node.name) == ("AbCdEfGhIjKlMnOpQr0123", "empty.txt")
    assert (node.kind, node.status, node.version) == ("FILE", "AVAILABLE", 1)
    assert node.parents == ["0123AbCdEfGhIjKlMnOpQr"]
    assert node.content_properties is not None
    assert node.content_properties.size == 0
    assert node.content_properties.md5 == "d41d8cd98f00b204e9800998ecf8427e"
    assert node.content_properties.extension == "txt"
    assert not node.is_root


def test_a_folder_has_no_content(samples: Path) -> None:
    node = decode(Node, (samples / "node-folder.json").read_bytes())

    assert (node.kind, node.version, node.content_properties) == ("FOLDER", 3, None)


def test_the_root_has_no_name(samples: Path) -> None:
    page = decode(NodeList, (samples / "node-root.json").read_bytes())

    [root] = page.data
    assert root.is_root
    assert (root.name, root.parents, page.next_token) == (None, [], None)


def test_a_root_with_most_keys_missing_is_a_folder(samples: Path) -> None:
    root = decode(Node, (samples / "node-root-2.json").read_bytes())

    assert (root.kind, root.status, root.parents) == ("FOLDER", "AVAILABLE", [])


def test_early_documents(samples: Path) -> None:
    page = decode(NodeList, (samples / "node-list.json").read_bytes())

    first, second = page.data
    assert page.next_token == "kgkbpodpt6"
    assert {first.status, second.status} == {"AVAILABLE"}
    assert first.created_date == "2014-03-07T22:31:12.173Z"
    assert first.content_properties is not None
    assert first.content_properties.size == 56654
    assert first.content_properties.md5 == "6df23dc03f9b54cc38a0fc1483df6e21"
    assert first.content_properties.extension == "jpeg"
    assert first.content_properties.image is not None
    assert second.content_properties is not None
    assert second.content_properties.size == 5665423
    assert second.parents == []


def test_a_trashed_node(samples: Path) -> None:
    node = decode(Node, (samples / "trash-add-response.json").read_bytes())

    assert (node.status, node.created_date) == ("TRASH", "2014-03-07T22:31:12.173Z")


@pytest.mark.parametrize(
    ("name", "content_url", "metadata_url"),
    [
        (
            "account-endpoint.json",
            "https://content-na.drive.amazonaws.com/cdproxy/",
            "https://cdws.us-east-1.amazonaws.com/drive/v1/",
        ),
        (
            "account-endpoint-eu.json",
            "https://content-eu.drive.amazonaws.com/cdproxy/",
            "https://cdws.eu-west-1.amazonaws.com/drive/v1/",
        ),
        (
            "account-endpoint-firstparty-shape.json",
            "https://content.example.com/",
            "https://meta.example.com/v1/",
        ),
    ],
)
def test_endpoints_end_in_a_slash(
    samples: Path, name: str, content_url: str, metadata_url: str
) -> None:
    endpoint = decode(Endpoint, (samples / name).read_bytes())

    assert (endpoint.content_url, endpoint.metadata_url) == (content_url, metadata_url)
    assert endpoint.customer_exists


def test_the_account(samples: Path) -> None:
    def read(kind: Any, name: str) -> Any:
        return decode(kind, (samples / name).read_bytes())

    assert read(Info, "account-info.json").status == "ACTIVE"
    assert read(Quota, "account-quota.json").available == 4069088896
    assert read(Quota, "account-quota-2015.json").quota == 5368709120
    usage = read(Usage, "account-usage.json")
    assert (usage.photo.billable.bytes, usage.video.total.count) == (9477988, 22)
    assert read(Usage, "account-usage-empty.json").doc.total.bytes == 0


def test_change_lines(samples: Path) -> None:
    first, last = (samples / "changes-stream.ndjson").read_bytes().splitlines()

    change = decode(ChangeSet, first)
    assert (change.checkpoint, change.reset, change.end) == ("foo", True, False)
    assert change.nodes == []  # its one node has no id to be told by
    assert decode(ChangeSet, last).end


def test_a_broken_line_is_no_object(samples: Path) -> None:
    with pytest.raises(ValueError, match="Expecting"):
        decode(ChangeSet, (samples / "changes-corrupt.txt").read_bytes())


def test_upload_answers_of_other_calls_do_no_harm(samples: Path) -> None:
    node = decode(Node, (samples / "upload-resume-progress.json").read_bytes())

    assert node.id == ""


HOSTILE = {
    "id": "abc",
    "name": 5,
    "kind": None,
    "status": ["AVAILABLE"],
    "parents": "xyz",
    "version": "7",
    "isRoot": "yes",
    "labels": None,
    "properties": {"acdtui": {"mtime": 12}},
    "contentProperties": {"size": "123", "md5": "ABCDEF", "version": {}, "image": 3},
    "unknown": {"deep": [1, 2, {"x": None}]},
}


def test_an_odd_value_costs_its_key_alone() -> None:
    node = decode(Node, json.dumps(HOSTILE).encode())

    assert (node.id, node.kind, node.parents, node.version) == ("abc", "", [], 7)
    assert node.labels == []
    assert node.content_properties is not None
    assert (node.content_properties.size, node.content_properties.md5) == (
        123,
        "abcdef",
    )
    assert node.content_properties.version is None


def test_one_odd_row_does_not_cost_the_page() -> None:
    rows = [{"id": "a", "name": "x"}, HOSTILE, "nonsense", {"name": "no id"}]
    page = decode(
        NodeList, json.dumps({"count": "4", "data": rows, "nextToken": ""}).encode()
    )

    assert [node.id for node in page.data] == ["a", "abc"]
    assert (page.count, page.next_token) == (4, None)


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    node = decode(Node, rb'{"id":"a","name":"x\ud800y","labels":["\udfff"]}')

    assert (node.name, node.labels) == ("x�y", ["�"])


def test_bytes_that_are_no_text() -> None:
    assert decode(Node, b'{"id":"a","name":"x\xffy"}').name == "x�y"


def test_a_negative_size_is_unknown() -> None:
    node = decode(Node, b'{"id":"a","contentProperties":{"size":-1}}')

    assert node.content_properties is not None
    assert node.content_properties.size is None


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b"<html>", b'"x"', b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the parser's
        decode(Node, text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = [field.encode_name for field in msgspec.structs.fields(Node)]


@given(st.dictionaries(st.sampled_from(KEYS), anything))
def test_any_object_is_a_node(raw: dict[str, Any]) -> None:
    node = decode(Node, json.dumps(raw).encode())

    assert isinstance(node.id, str)
    assert all(isinstance(parent, str) for parent in node.parents)
    assert node.status == node.status.upper()


@given(st.dictionaries(st.sampled_from(["checkpoint", "reset", "nodes"]), anything))
def test_any_object_is_a_change(raw: dict[str, Any]) -> None:
    change = decode(ChangeSet, json.dumps(raw).encode())

    assert all(node.id for node in change.nodes)
