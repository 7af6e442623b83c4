"""An account of the server seen without the program: what there is, and mischief."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from acd_tui.server import admin
from tests.server_process import ServerProcess


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as the server has it."""

    id: str
    md5: str | None
    size: int | None
    status: str


class PlainDrive:
    """One user's drive, over plain HTTP with a token of its own."""

    def __init__(self, server: ServerProcess, user: str) -> None:
        self._server = server
        self.user = user
        self._client = httpx.Client(
            headers=server.headers(user=user),
            timeout=60,
            trust_env=False,
            # The server is killed between requests.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        (self.root,) = (
            node["id"] for node in self._list("isRoot:true") if node.get("isRoot")
        )

    def _call(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        answer = self._client.request(method, url, **more)
        answer.raise_for_status()
        found = answer.json() if answer.content else {}
        assert isinstance(found, dict)
        return found

    def _meta(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        return self._call(method, self._server.metadata_url + path, **more)

    def _list(self, filters: str | None = None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        params = {"limit": "200"} | ({"filters": filters} if filters else {})
        while True:
            page = self._meta("GET", "nodes", params=params)
            rows += page["data"]
            if not page.get("nextToken"):
                return rows
            params["startToken"] = page["nextToken"]

    def files(self) -> dict[str, list[Stored]]:
        """Every visible file by its path in lower case; of each all there are."""
        rows = {node["id"]: node for node in self._list()}
        found: dict[str, list[Stored]] = {}
        for node in rows.values():
            path = self._path(node, rows)
            if path is None or node["kind"] != "FILE":
                continue
            content = node.get("contentProperties") or {}
            found.setdefault(path.lower(), []).append(
                Stored(
                    node["id"], content.get("md5"), content.get("size"), node["status"]
                )
            )
        return found

    def folders(self) -> list[str]:
        """The path of every visible folder but the root; doubled ones come twice."""
        rows = {node["id"]: node for node in self._list()}
        found = [
            self._path(node, rows)
            for node in rows.values()
            if node["kind"] == "FOLDER" and not node.get("isRoot")
        ]
        return sorted(path for path in found if path is not None)

    def _path(
        self, node: dict[str, Any], rows: dict[str, dict[str, Any]]
    ) -> str | None:
        names: list[str] = []
        while not node.get("isRoot"):
            if node["status"] not in {"AVAILABLE", "PENDING"}:
                return None
            names.append(node["name"])
            above = node["parents"][0] if node["parents"] else self.root
            if above != self.root and above not in rows:
                return None  # below something in the trash
            if above == self.root:
                break
            node = rows[above]
        return "/".join(reversed(names))

    def content(self, node_id: str) -> bytes:
        answer = self._client.get(f"{self._server.content_url}nodes/{node_id}/content")
        answer.raise_for_status()
        return answer.content

    def node(self, node_id: str) -> dict[str, Any]:
        """All that the server says of one node."""
        return self._meta("GET", f"nodes/{node_id}")

    def trashed(self) -> list[str]:
        """The ids of what was put into the trash."""
        return [str(node["id"]) for node in self._meta("GET", "trash")["data"]]

    # Mischief

    def make_folder(self, name: str, parent: str | None = None) -> str:
        body = {"name": name, "kind": "FOLDER", "parents": [parent or self.root]}
        return str(self._meta("POST", "nodes", json=body)["id"])

    def upload(self, name: str, data: bytes, parent: str) -> str:
        metadata = {"name": name, "kind": "FILE", "parents": [parent]}
        node = self._call(
            "POST",
            self._server.content_url + "nodes",
            params={"suppress": "deduplication"},
            files={
                "metadata": (None, json.dumps(metadata)),
                "content": (name, data, "application/octet-stream"),
            },
        )
        return str(node["id"])

    def overwrite(self, node_id: str, data: bytes) -> None:
        self._call(
            "PUT",
            f"{self._server.content_url}nodes/{node_id}/content",
            files={"content": ("x", data, "application/octet-stream")},
        )

    def put_tree(self, folder: str, tree: dict[str, bytes]) -> None:
        """Store files below a new folder of that name."""
        folders = {"": self.make_folder(folder)}
        for path, data in tree.items():
            parent, _, name = path.rpartition("/")
            if parent not in folders:
                folders[parent] = self.make_folder(parent, folders[""])
            self.upload(name, data, folders[parent])

    def id_of(self, name: str) -> str:
        """The id of what is visible in the root folder under that name."""
        rows = self._list(f"name:{name} AND parents:{self.root}")
        return str(next(n["id"] for n in rows if n["status"] == "AVAILABLE"))

    def trash(self, node_id: str) -> None:
        self._meta("PUT", f"trash/{node_id}")

    def restore(self, node_id: str) -> None:
        self._meta("POST", f"trash/{node_id}/restore")

    def rename(self, node_id: str, name: str) -> None:
        self._meta("PATCH", f"nodes/{node_id}", json={"name": name})


def new_user(server: ServerProcess, name: str) -> PlainDrive:
    admin.add_user(server.directory, name, "a password for tests")
    return PlainDrive(server, name)
