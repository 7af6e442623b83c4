"""kill -9 at any moment: what was promised is there, and nothing is there by half."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.durable import rounds
from tests.server_process import running_server

pytestmark = pytest.mark.socket


@pytest.mark.parametrize(
    ("arguments", "count"), [((), 5), (("--workers", "2"), 3)], ids=["one", "workers"]
)
def test_killed_again_and_again(
    tmp_path: Path, arguments: tuple[str, ...], count: int
) -> None:
    with running_server(tmp_path, arguments) as server:
        tally = rounds(server, seed=1, count=count)

    assert tally.kills == count
    assert tally.promises > 0
    assert tally.broken_off > 0


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(2, 18))
def test_killed_hundreds_of_times(tmp_path: Path, seed: int) -> None:
    """320 kills under load and about 130 in the start: `pytest -m long tests/server`."""
    arguments = ("--workers", "2") if seed % 4 == 0 else ()
    with running_server(tmp_path, arguments) as server:
        tally = rounds(server, seed=seed, count=20)

    assert tally.kills == 20
    assert tally.promises > 0
