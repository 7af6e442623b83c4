"""From a status and a body to an exception."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from acd_tui import errors as general
from acd_tui.api.errors import (
    ApiError,
    BadRequest,
    Conflict,
    DuplicateContent,
    Forbidden,
    NameConflict,
    NodeNotFound,
    OverQuota,
    ParentNotFound,
    ServiceTrouble,
    StaleToken,
    Unauthorized,
    Unreached,
    from_response,
)

SAMPLES = Path(__file__).parent / "samples"
CATALOGUE = json.loads((SAMPLES / "errors.json").read_text())
EXPECTED = {
    "already exists": NameConflict,
    "Next token": StaleToken,
    "Token has expired": Unauthorized,
    "No Auth Method": Unauthorized,
    "Authorization header": ServiceTrouble,
    "not a valid key=value": ServiceTrouble,
    "validation error": BadRequest,
    "Cannot complete": ServiceTrouble,
    "Cannot read": ServiceTrouble,
    "Bytes not received": ServiceTrouble,
    '"name":"content"': ServiceTrouble,
    "parentId doesn't": ParentNotFound,
    "exceeds account": OverQuota,
    "purgeNode": Forbidden,
    "Not Registered": Forbidden,
}


def body_of(entry: dict[str, object]) -> bytes:
    if "body_text" in entry:
        return str(entry["body_text"]).encode()
    return json.dumps(entry["body"]).encode()


def expected_of(entry: dict[str, object], body: bytes) -> type[ApiError]:
    text = body.decode().replace('\\"', '"')
    for mark, kind in EXPECTED.items():
        if mark in text:
            return kind
    if entry["status"] == 404:
        return ApiError
    assert entry["status"] in {408, 429, 500, 504}
    return ServiceTrouble


@pytest.mark.parametrize("entry", CATALOGUE)
def test_every_body_ever_seen(entry: dict[str, object]) -> None:
    body = body_of(entry)
    status = entry["status"]

    error = from_response(status if isinstance(status, int) else 403, body)

    assert type(error) is expected_of(entry, body)
    assert error.message
    assert not error.message.endswith(".")
    assert "Atza" not in error.message


def test_a_name_clash_says_with_what() -> None:
    error = from_response(409, body_of(CATALOGUE[0]))

    assert isinstance(error, NameConflict)
    assert isinstance(error, general.Exists)
    assert error.node_id == "OTrbcdf2RC2orieDn4ROpQ"
    assert error.code == "NAME_ALREADY_EXISTS"


def test_the_node_is_found_in_the_text_too() -> None:
    text = "Node with the name x already exists conflicting NodeId: OTrb-df2_C2"

    assert from_response(409, json.dumps({"message": text}).encode()).info == {
        "nodeId": "OTrb-df2_C2"
    }


def test_same_content_says_where() -> None:
    twin = from_response(409, (SAMPLES / "upload-v2-duplicate-409.json").read_bytes())
    assert isinstance(twin, DuplicateContent)
    assert twin.node_id == "existingId"

    coded = from_response(409, b'{"code":"MD5_DUPLICATE","info":{"nodeId":"n"}}')
    assert isinstance(coded, DuplicateContent)
    assert coded.node_id == "n"


def test_another_conflict_is_neither() -> None:
    assert type(from_response(409, b"{}")) is Conflict


def test_bodies_of_s3() -> None:
    text = (SAMPLES / "s3-errors.xml").read_text()
    bodies = re.findall(r"<Error>.*?</Error>", text)

    for status, body in zip((400, 400, 403), bodies, strict=True):
        error = from_response(status, body.encode())
        assert isinstance(error, BadRequest if status == 400 else Forbidden)
        assert "Atza" not in error.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b'{"code":"NODE_NOT_FOUND"}', NodeNotFound),
        (404, b"", NodeNotFound),
        (404, b"<html><title>Not Found</title>", ApiError),
        (404, b"<UnknownOperationException/>", ApiError),
        (507, b"", OverQuota),
        (405, b"", ApiError),
        (412, b"{}", ApiError),
        (501, b"", ApiError),
        (503, b"<html><h1>Over Quota</h1></html>", ServiceTrouble),
        (599, b"", ServiceTrouble),
        (302, b"<html><title>Hotel</title>", Unreached),
        (407, b"", Unreached),
        (511, b"", Unreached),
        (403, b'{"code":"INSUFFICIENT_STORAGE"}', OverQuota),
        (400, b"[1,2]", BadRequest),
        (400, b'{"message":5,"info":7,"code":[],"errorDetails":3}', BadRequest),
        (400, b"\xff\xfe\x00", BadRequest),
    ],
)
def test_other_shapes(status: int, body: bytes, kind: type[ApiError]) -> None:
    assert type(from_response(status, body)) is kind


def test_a_proxy_that_takes_no_large_file_is_named() -> None:
    error = from_response(413, b"<html><title>413 Request Entity Too Large</title>")

    assert error.message == (
        "the service, or a proxy before it, takes no file of that size (413): "
        "413 Request Entity Too Large"
    )


def test_a_page_of_a_proxy_is_quoted_by_its_title() -> None:
    error = from_response(503, b"<html><title>Over\n  Quota</title><p>long</html>")

    assert error.message == "the service is in trouble (503): Over Quota"


def test_messages_are_short_and_hold_no_token() -> None:
    text = json.dumps({"message": "Atza|abc " + "x" * 5000}).encode()

    message = from_response(400, text).message

    assert "abc" not in message
    assert len(message) < 400


def test_trouble_carries_what_callers_decide_by() -> None:
    error = from_response(504, b"", request_id="r-1", retry_after=7.0, body_sent=True)

    assert isinstance(error, ServiceTrouble)
    assert isinstance(error, general.Transient)
    assert (error.retry_after, error.body_sent) == (7.0, True)
    assert (error.status, error.request_id) == (504, "r-1")
