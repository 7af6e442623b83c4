"""From the address of a server of one's own to the addresses of its parts.

acd-tui's server keeps Amazon's paths, all below one address.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx

import acd_tui
from acd_tui.api import wire
from acd_tui.api.errors import ApiError, Unreached
from acd_tui.errors import UsageError

_ENDPOINT = "/drive/v1/account/endpoint"
_AUTH = "/ap/oa"
_TOKEN = "/auth/o2/token"  # noqa: S105 - a path


async def discover(server_url: str) -> dict[str, str]:
    """Return the options of a remote on that server, after a look whether it is one.

    Args:
        server_url: such as `http://127.0.0.1:8753`.

    Raises:
        Unreached: nothing answers there.
        ApiError: what answers is no Amazon Drive.
        UsageError: it is no web address.
    """
    base = server_url.strip().rstrip("/")
    if not wire.is_web_address(base):
        raise UsageError(
            f"{base!r} is no web address", hint="write it like http://127.0.0.1:8753"
        )
    where = urlsplit(base).netloc.rpartition("@")[2]
    try:
        async with wire.Client(f"acd-tui/{acd_tui.__version__}") as http:
            request = http.request("GET", base + _ENDPOINT)
            response = await http.send(request, auth=None)
            await response.aread()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        words, _ = wire.problem(error)
        raise Unreached(
            f"cannot reach {where}: {words}",
            hint="see whether the address is right and `acd-tui server run` runs there",
        ) from error
    if not _asks_for_a_token(response):
        raise ApiError(
            f"what answers at {where} is no Amazon Drive",
            hint="give the address that `acd-tui server run` shows",
            status=response.status_code,
        )
    return {
        "endpoint_url": base + _ENDPOINT,
        "auth_url": base + _AUTH,
        "token_url": base + _TOKEN,
    }


def _asks_for_a_token(response: httpx.Response) -> bool:
    """Whether it refuses us the way the service does: 401 and a message in JSON."""
    if response.status_code != 401:
        return False
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and any(key.lower() == "message" for key in said)
