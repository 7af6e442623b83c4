"""A real browser, for the pages that people see."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest


class Chromium:
    """A real browser, driven by W3C WebDriver over HTTP."""

    _FLAGS = (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._session = ""

    async def start(self, profile: Path) -> None:
        options = {"args": [*self._FLAGS, f"--user-data-dir={profile}"]}
        options["binary"] = shutil.which("chromium") or ""  # type: ignore[assignment]
        # A page that is just being loaded has no elements yet.
        always = {"goog:chromeOptions": options, "timeouts": {"implicit": 15_000}}
        wanted = {"capabilities": {"alwaysMatch": always}}
        found = await self._ask("POST", "/session", wanted)
        self._session = f"/session/{found['sessionId']}"

    async def quit(self) -> None:
        if self._session:
            await self._ask("DELETE", self._session)

    async def open(self, url: str) -> None:
        await self._ask("POST", f"{self._session}/url", {"url": url})

    async def type(self, selector: str, text: str) -> None:
        await self._do("POST", selector, "value", {"text": text})

    async def click(self, selector: str) -> None:
        await self._do("POST", selector, "click", {})

    async def text(self) -> str:
        found: str = await self._do("GET", "body", "text")
        return found

    async def _do(
        self, method: str, selector: str, what: str, body: object = None
    ) -> Any:
        while True:
            element = await self._find(selector)
            try:
                return await self._ask(method, f"{element}/{what}", body)
            except AssertionError as error:
                if "stale element" not in str(error):
                    raise  # else it was the old page's, and the new one has come

    async def _find(self, selector: str) -> str:
        body = {"using": "css selector", "value": selector}
        found = await self._ask("POST", f"{self._session}/element", body)
        [element] = found.values()
        return f"{self._session}/element/{element}"

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = await self._client.request(method, path, json=body)
        value = answer.json()["value"]
        assert answer.is_success, value
        return value


@contextlib.asynccontextmanager
async def running_chromium(profile: Path) -> AsyncIterator[Chromium]:
    """Run a headless browser with a profile of its own meanwhile."""
    missing = [n for n in ("chromium", "chromedriver") if shutil.which(n) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"{missing[0]} is not installed")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    driver = subprocess.Popen(
        ["chromedriver", f"--port={port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(
            base_url=base, timeout=60, trust_env=False
        ) as client:
            while driver.poll() is None:
                with contextlib.suppress(httpx.ConnectError):
                    if (await client.get("/status")).json()["value"]["ready"]:
                        break
                await asyncio.sleep(0.05)
            browser = Chromium(client)
            await browser.start(profile)
            try:
                yield browser
            finally:
                await browser.quit()
    finally:
        driver.terminate()
        driver.wait()


def refuses_connections(url: str) -> bool:
    parts = httpx.URL(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.host, parts.port or 80)) != 0
