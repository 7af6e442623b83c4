"""Names by thousands, as stock rclone sends and shows them with any encoding."""

from __future__ import annotations

import concurrent.futures
import contextlib
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd_tui.cli import run
from acd_tui.drive.names import Encoder
from acd_tui.locations import Locations
from acd_tui.vfs.names import _BITS, Codec
from tests.peers.rclone import Rclone
from tests.server_process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.socket]

RANDOM = 20261128
"""Change it to see other names."""

_ACTIVE = sorted(
    character
    for character in Codec(sum(_BITS.values())).special
    if not "\ud800" <= character <= "\udfff"
)
_PIECES = [
    *_ACTIVE,
    *"‛‛‛‛ ..~\r\n\t\v/\x00\x01\x7f4FfA",
    "é",
    "e\u0301",
    "日",
    "\U0001f600",
    "\ufffd",
    "a",
    "B",
]
_BEST = "Slash,InvalidUtf8,Dot"
_KNOWN = [name for name in _BITS if name != "Raw"]  # which 1.60 does not know


def names(dice: random.Random, number: int) -> list[str]:
    """Hostile names, none of which is another one but for case."""
    found = {
        name.casefold(): name
        for _ in range(number)
        if (
            name := "".join(dice.choices(_PIECES, k=dice.choice([1, 2, 2, 3, 3, 4, 6])))
        )
        and not {"/", "\0"} & set(name)
        and name not in {".", ".."}
    }
    return list(found.values())


def masks(dice: random.Random, number: int) -> list[str]:
    """Some encodings, by themselves and together."""
    mixed = [",".join(dice.sample(_KNOWN, dice.randint(2, 12))) for _ in range(number)]
    return [_BEST, "None", ",".join(_KNOWN), *mixed]


class Daemon:
    """An rclone that stays and does what it is asked by HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(self, what: str, encoding: str, remote: str) -> Any:
        body = {"fs": f'acd,encoding="{encoding}":', "remote": remote}
        answer = self._client.post(what, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def daemon(rclone: Rclone) -> Iterator[Daemon]:
    port = free_port()
    command = rclone.command("rcd", "--rc-no-auth", f"--rc-addr=127.0.0.1:{port}")
    with subprocess.Popen(
        command, env=rclone.environment, stderr=subprocess.DEVNULL
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
                end = time.monotonic() + 30
                while time.monotonic() < end:
                    with contextlib.suppress(httpx.ConnectError):
                        client.post("rc/noop")
                        break
                    time.sleep(0.05)
                yield Daemon(client)
        finally:
            process.kill()


def folder(browser: httpx.Client, name: str, parent: str = "") -> str:
    if not parent:
        root = browser.get("nodes", params={"filters": "isRoot:true"}).json()
        parent = root["data"][0]["id"]
    body = {"name": name, "kind": "FOLDER", "parents": [parent]}
    answer = browser.post("nodes", json=body)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


def children(browser: httpx.Client, id_: str) -> list[str]:
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = browser.get(f"nodes/{id_}/children", params=token).json()
        found += [node["name"] for node in page["data"]]
        if "nextToken" not in page:
            return found
        token = {"startToken": page["nextToken"]}


def test_what_is_on_the_drive_is_shown_as_rclone_shows_it(
    daemon: Daemon, browser: httpx.Client
) -> None:
    dice = random.Random(RANDOM)
    stored = names(dice, 500)
    parent = folder(browser, "down")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: folder(browser, name, parent), stored))
    assert sorted(children(browser, parent)) == sorted(stored)
    assert len(stored) > 300

    for encoding in [*_KNOWN, *masks(dice, 30)]:
        listed = daemon("operations/list", encoding, "down")["list"]
        encoder = Encoder(encoding)
        # Bytes that are no UTF-8 cannot be in JSON; where they would be is enough.
        ours = {
            encoder.decode(name)
            .encode("utf-8", "surrogateescape")
            .decode("utf-8", "replace")
            for name in stored
        }
        theirs = {entry["Name"] for entry in listed}
        assert _joined(theirs) == _joined(ours), (encoding, RANDOM)


def _joined(names: set[str]) -> list[str]:
    """Let the number of replacement characters not count: Go and Python differ in it."""
    return sorted({"\ufffd".join(filter(None, name.split("\ufffd"))) for name in names})


def test_what_is_sent_up_is_stored_as_rclone_stores_it(
    daemon: Daemon, browser: httpx.Client
) -> None:
    dice = random.Random(RANDOM + 1)
    standard = Encoder("None")
    for number, encoding in enumerate(masks(dice, 9)):
        encoder = Encoder(encoding)
        parent = folder(browser, f"up{number}")
        shown = [standard.decode(name) for name in names(dice, 45)]
        wanted = {
            stored.casefold(): (name, stored)
            for name in shown
            if (stored := encoder.encode(name))
            and not {"/", "\0"} & set(stored)
            and not any("\udc80" <= c <= "\udcff" for c in stored)
        }
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(
                pool.map(
                    lambda pair, at=number, how=encoding: daemon(
                        "operations/mkdir", how, f"up{at}/{pair[0]}"
                    ),
                    wanted.values(),
                )
            )
        found = children(browser, parent)
        assert sorted(found) == sorted(stored for _, stored in wanted.values()), (
            encoding,
            RANDOM,
        )


def test_one_tree_whoever_sent_it(rclone: Rclone, tmp_path: Path) -> None:
    """Local names that rclone can read, sent by either, are the same on the drive."""
    dice = random.Random(RANDOM + 2)
    there = {name for name in names(dice, 300) if "‛" not in name}
    there |= {"bad \udcff bytes\udcfe", "half \udced\udca0 a surrogate"}
    source = tmp_path / "names"
    source.mkdir()
    for name in there:
        (source / name).write_text(ascii(name))
    encoding = "Slash,InvalidUtf8,Dot,Ctl,RightPeriod,LeftSpace,Colon,BackSlash"
    section = rclone.config.read_text().replace("[acd]", "[photos]")
    conf = Locations.from_environment().remotes_file
    conf.write_text(f"{section}endpoint_url = {rclone.server.endpoint_url}\n")
    ours = ["--acd-encoding", encoding]

    assert run(["copy", str(source), "photos:ours", *ours]) == 0
    rclone(
        "copy",
        "--no-unicode-normalization",
        "--acd-encoding",
        encoding,
        str(source),
        "acd:theirs",
    )

    def stored(folder: str) -> list[str]:
        return sorted(
            entry["Name"]
            for entry in rclone.json(
                "lsjson", "--acd-encoding", "None", f"acd:{folder}"
            )
        )

    assert len(stored("theirs")) > 150
    assert stored("ours") == stored("theirs")
    back = tmp_path / "back"
    assert run(["copy", "photos:theirs", str(back), *ours]) == 0
    for path in source.iterdir():
        assert (back / path.name).read_text() == path.read_text()
