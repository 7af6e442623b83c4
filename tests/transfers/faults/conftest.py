from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server_process import FaultFile, ServerProcess, running_server
from tests.transfers.faults.plain import new_user
from tests.transfers.faults.world import World

pytest.register_assert_rewrite("tests.transfers.faults.ledger")

_numbers = itertools.count()


@pytest.fixture(scope="package")
def faulty(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ServerProcess, FaultFile]]:
    folder = tmp_path_factory.mktemp("faulty")
    faults = FaultFile(folder / "faults.toml")
    with running_server(folder, faults.arguments) as server:
        yield server, faults


@pytest.fixture
def world(faulty: tuple[ServerProcess, FaultFile], tmp_path: Path) -> Iterator[World]:
    """An empty drive on a server that goes wrong when told to."""
    server, faults = faulty
    yield World(tmp_path, server, faults, new_user(server, f"user{next(_numbers)}"))
    faults.clear()
    if not server.running:
        server.start()
