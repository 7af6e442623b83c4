"""Signing in from a command line: with a browser here, or with one elsewhere."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from acd_tui.cli.output import note
from acd_tui.errors import SignInNeeded, UsageError

if TYPE_CHECKING:
    from acd_tui.auth.token import Token


def read_options(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read `KEY=VALUE` arguments; the value `-` is read from standard input.

    Secrets given as arguments are seen by everybody who lists processes; that is said.

    Raises:
        UsageError: that is no pair, no key of a remote, or a value makes no sense.
    """
    from acd_tui.config.options import BY_KEY, TYPE, check_keys
    from acd_tui.session.option_values import check_values

    values: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(
                f"`{pair.partition('=')[0]}` is no option",
                hint="write options as KEY=VALUE, like client_id=abc",
            )
        values[key.strip()] = value.strip()
    check_keys(values)
    if values.get("type", TYPE) != TYPE:
        raise UsageError(f"acd-tui has remotes of the type `{TYPE}` only")
    for key, value in values.items():
        if key in BY_KEY and BY_KEY[key].secret and value not in {"", "-"}:
            note(
                f"others on this machine can see arguments; {key}=- reads it from "
                "standard input instead"
            )
    _read_stdin_into(values)
    check_values(values)
    return values


def as_rclone_asks(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Read the arguments of rclone's `authorize` as pairs; others stay as they are.

    Returns:
        The pairs, and whether what comes of it is to be packed as they were.

    Raises:
        UsageError: what should be packed options is none.
    """
    from acd_tui.config.options import BY_KEY, TYPE

    if words[:1] != (TYPE,):
        return words, False
    given = words[1:]
    if len(given) > 2:
        raise UsageError("rclone's `authorize` has an id and a secret behind the type")
    if len(given) != 1:
        keys = ("client_id", "client_secret")[: len(given)]
        return tuple(map("=".join, zip(keys, given, strict=True))), False
    try:
        options = json.loads(base64.b64decode(given[0] + "=" * (-len(given[0]) % 4)))
        pairs = tuple(f"{key}={options[key]}" for key in BY_KEY if options.get(key))
    except (ValueError, AttributeError, TypeError):
        raise UsageError(
            "what follows the type is not what rclone prints",
            hint="copy the whole of it, from `authorize` to its end",
        ) from None
    return pairs, True


def _read_stdin_into(values: dict[str, str]) -> None:
    asked = [key for key, value in values.items() if value == "-"]
    if len(asked) > 1:
        raise UsageError(
            f"{' and '.join(asked)} cannot both be read from standard input"
        )
    for key in asked:
        values[key] = sys.stdin.read().strip()
        if not values[key]:
            raise UsageError(f"nothing came for {key} on standard input")


async def sign_in_here(options: Mapping[str, str], *, open_browser: bool) -> Token:
    """Sign in with a browser of this machine.

    Raises:
        AcdError: it was refused, or took too long, or the port is busy.
    """
    import asyncio

    from acd_tui.auth.sign_in import sign_in
    from acd_tui.clock import SIGN_IN_SECONDS
    from acd_tui.config.options import RemoteOptions
    from acd_tui.session.accounts import application

    def tell(url: str) -> None:
        note("sign in with the browser that opens; if none does, go to:")
        note(url)

    try:
        async with asyncio.timeout(SIGN_IN_SECONDS):
            return await sign_in(
                application(RemoteOptions.read(options)),
                on_url=tell,
                open_browser=open_browser,
            )
    except TimeoutError:
        raise SignInNeeded(
            f"nobody signed in within {SIGN_IN_SECONDS / 60:.0f} minutes",
            hint="start the command again",
        ) from None


async def sign_in_elsewhere(options: Mapping[str, str]) -> Token:
    """Sign in with a browser of another machine, whose last address is pasted here.

    Raises:
        AcdError: what was pasted is no answer, or it was refused.
    """
    import asyncio

    from acd_tui.auth.sign_in import begin_elsewhere, finish_pasted
    from acd_tui.config.options import RemoteOptions
    from acd_tui.session.accounts import application

    asked = application(RemoteOptions.read(options))
    request = begin_elsewhere(asked)
    note("open this address in a browser on any machine and sign in:")
    note(request.url)
    note("then paste the address it ends at, or the output of `acd-tui authorize`:")
    return await finish_pasted(asked, request, await asyncio.to_thread(_read_pasted))


def _read_pasted() -> str:
    """Read an address or a token, or all that `authorize` printed around one."""
    text = sys.stdin.readline()
    if "--->" in text:
        while "<---" not in text and (line := sys.stdin.readline()):
            text += line
    return text
