"""Every kind of error as a user sees it: a sentence, and what to do."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import acd_tui
from acd_tui.api.errors import from_response
from acd_tui.cli import output
from acd_tui.cli.carrying import Interrupted, NothingTransferred
from acd_tui.cli.check import Different
from acd_tui.errors import AcdError

# rclone's, one for a comparison that found differences, and what a shell says of Ctrl-C.
EXIT_CODES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 130}


def every_class() -> list[type[AcdError]]:
    for module in pkgutil.walk_packages(acd_tui.__path__, "acd_tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind: type[AcdError]) -> Iterator[type[AcdError]]:
        yield kind
        for inner in kind.__subclasses__():
            yield from below(inner)

    found = {each for each in below(AcdError) if each.__module__.startswith("acd_tui.")}
    return sorted(found, key=lambda each: (each.__module__, each.__name__))


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_each_kind_of_error_says_what_to_do(
    kind: type[AcdError], capfd: pytest.CaptureFixture[str]
) -> None:
    error = kind.__new__(kind)
    AcdError.__init__(error, "`photos:a\x1b[2J` is not there")
    output.report(error)
    said = capfd.readouterr()
    first, second = said.err.splitlines()
    assert said.out == ""
    assert first == "error: `photos:a␛[2J` is not there"
    assert second.startswith("hint: ")
    assert len(second) > len("hint: try again")
    assert not second.endswith(".")
    assert kind.exit_code in EXIT_CODES
    assert (inspect.getdoc(kind) or "").splitlines()[0].endswith(".")


@pytest.mark.parametrize("kind", [NothingTransferred, Different, Interrupted])
def test_what_is_no_trouble_sends_nobody_to_the_doctor(kind: type[AcdError]) -> None:
    assert "doctor" not in kind.advice


def test_a_hint_of_its_own_is_better(capfd: pytest.CaptureFixture[str]) -> None:
    output.report(AcdError("no", hint="do that"))
    assert capfd.readouterr().err == "error: no\nhint: do that\n"


@pytest.mark.parametrize(
    "status",
    [400, 401, 403, 404, 405, 408, 409, 412, 413, 429, 500, 502, 503, 504, 599],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"message": "No\x1b[2J way."}', b"[]"]
)
def test_each_answer_of_a_service_is_a_sentence(
    status: int, body: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    output.report(from_response(status, body))
    first, second = capfd.readouterr().err.splitlines()
    assert len(first) > len("error: ")
    assert "\x1b" not in first
    assert not first.endswith(".")
    assert second.startswith("hint: ")
