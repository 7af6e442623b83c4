"""One server process for many tests, each with a user of its own."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd_tui.asgi import serving
from acd_tui.server import accounts, admin, tokens
from acd_tui.server.app import create_app
from acd_tui.server.storage import Storage
from tests.fakes import FakeClock
from tests.server_process import PASSWORD, ServerProcess, running_server

_numbers = itertools.count()


@dataclass
class Drive:
    """What a user of a server does, as requests."""

    client: httpx.Client
    server: ServerProcess
    user: str

    @property
    def m(self) -> str:
        url: str = self.server.metadata_url
        return url

    @property
    def c(self) -> str:
        url: str = self.server.content_url
        return url

    @property
    def root(self) -> str:
        return str(self.find("isRoot:true")[0]["id"])

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request to the metadata address, or to any other."""
        if not path.startswith("http"):
            path = self.m + path
        return self.client.request(method, path, **options)

    def ok(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        response = self.call(method, path, **options)
        assert response.status_code == status, response.text
        return response.json()

    def refused(
        self, status: int, method: str, path: str, **options: Any
    ) -> dict[str, Any]:
        body: dict[str, Any] = self.ok(method, path, status, **options)
        return body

    def find(self, filters: str = "", path: str = "nodes") -> list[dict[str, Any]]:
        page = self.ok("GET", path, params={"filters": filters})
        assert page["count"] >= len(page["data"])
        data: list[dict[str, Any]] = page["data"]
        return data

    def names(self, filters: str = "", path: str = "nodes") -> list[str]:
        return sorted(node.get("name", "/") for node in self.find(filters, path))

    def node(self, node_id: str) -> dict[str, Any]:
        node: dict[str, Any] = self.ok("GET", f"nodes/{node_id}")
        return node

    def folder(self, name: str, parent: str | None = None) -> str:
        body = {"name": name, "kind": "FOLDER"}
        if parent:
            body["parents"] = [parent]  # type: ignore[assignment]
        return str(self.ok("POST", "nodes", 201, json=body)["id"])

    def send(
        self,
        name: str,
        data: bytes,
        parent: str | None = None,
        *,
        query: str = "?suppress=deduplication",
        content_type: str = "application/octet-stream",
        **more: Any,
    ) -> httpx.Response:
        metadata = {"name": name, "kind": "FILE"} | more
        if parent:
            metadata["parents"] = [parent]
        return self.client.post(
            f"{self.c}nodes{query}",
            files=[
                ("metadata", (None, json.dumps(metadata))),
                ("content", ("x", data, content_type)),
            ],
        )

    def file(
        self, name: str, data: bytes, parent: str | None = None, **more: Any
    ) -> str:
        response = self.send(name, data, parent, **more)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def content(self, node_id: str, **headers: str) -> httpx.Response:
        return self.client.get(f"{self.c}nodes/{node_id}/content", headers=headers)

    def changes(self, **body: Any) -> list[dict[str, Any]]:
        response = self.call("POST", "changes", content=json.dumps(body))
        assert response.status_code == 200
        return [json.loads(line) for line in response.content.split(b"\n") if line]


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another process brings about."""
    while not condition():
        time.sleep(0.02)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def new_drive(server: ServerProcess, **options: Any) -> Drive:
    """A user of their own, with an empty drive."""
    user = f"user{next(_numbers)}"
    admin.add_user(server.directory, user, PASSWORD)
    headers = server.headers(user=user, **options)
    return Drive(httpx.Client(headers=headers, timeout=30), server, user)


@pytest.fixture
def drive(shared_server: ServerProcess) -> Iterator[Drive]:
    drive = new_drive(shared_server)
    with drive.client:
        yield drive


@pytest.fixture
def other(shared_server: ServerProcess) -> Iterator[Drive]:
    drive = new_drive(shared_server)
    with drive.client:
        yield drive


@dataclass
class Clocked:
    """A server in this process whose time a test can turn."""

    storage: Storage
    clock: FakeClock
    client: httpx.AsyncClient
    client_secret: str


@pytest.fixture
async def clocked(tmp_path: Path) -> AsyncIterator[Clocked]:
    directory = tmp_path / "drive"
    admin.initialise(directory, password=PASSWORD)
    clock = FakeClock(auto=False)
    storage = Storage(directory, clock=clock)
    storage.open()
    try:

        def token(db: Any) -> str:
            user = accounts.find_user(db, "owner")
            assert user is not None
            holder = tokens.Holder(user[0], admin.APPLICATION, tokens.DEFAULT_SCOPE)
            week = 100 * 86400
            return tokens.issue_access(db, holder, clock.now(), expires_in=week)

        headers = {"Authorization": f"Bearer {storage.db.write_now(token)}"}
        async with (
            serving(create_app(storage)) as served,
            httpx.AsyncClient(base_url=served.url, headers=headers) as client,
        ):
            secret = admin.application_secret(directory)
            yield Clocked(storage, clock, client, secret)
    finally:
        storage.close()
