"""Whether the servers of the remotes answer, what time they have, and who we are there."""

from __future__ import annotations

import email.utils
import http.client
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from acd_tui.cli.checkup import Finding, Verdict, of_error
from acd_tui.errors import AcdError

if TYPE_CHECKING:
    from acd_tui.config.options import RemoteOptions
    from acd_tui.session.core import Session

_PATIENCE = 10.0  # seconds
_AMISS = 120.0  # seconds; what a token's lifetime and HTTP bear without harm


class Answer(msgspec.Struct, frozen=True):
    """What a server said.

    Attributes:
        finding: whether it answers.
        date: its time, seconds since 1970; None if it did not say.
    """

    finding: Finding
    date: float | None = None


def ask(address: str) -> Answer:
    """Ask a server whether it is there. Blocks for ten seconds at most.

    Args:
        address: of anything there.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    server = f"{parts.scheme}://{parts.netloc}"

    def trouble(text: str, advice: str) -> Answer:
        return Answer(Finding(f"server {server}", text, Verdict.PROBLEM, advice))

    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    try:
        connection = kind(host, parts.port, timeout=_PATIENCE)
        try:
            connection.request("HEAD", "/", headers={"User-Agent": "acd-tui"})
            said = connection.getresponse().getheader("Date")
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return trouble(
            f"its certificate is not to be trusted: {error.verify_message}",
            "see whether the clock is right and the address is the one you mean",
        )
    except ConnectionRefusedError:
        return trouble(
            "nothing listens there", "start the server, or see `acd-tui config show`"
        )
    except TimeoutError:
        return trouble("it does not answer", "see whether a firewall is in between")
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it hung up"
        return trouble(
            f"it cannot be reached: {reason}",
            "see whether the network is up and the address right",
        )
    date = None
    if said and (parsed := email.utils.parsedate_tz(said)):
        date = float(email.utils.mktime_tz(parsed))
    return Answer(Finding(f"server {server}", "answers"), date)


def clock(now: float, dates: Sequence[float]) -> Finding:
    """Compare this machine's clock with those of servers that answered."""
    from acd_tui.units import show_duration

    if not dates:
        return Finding("clock", "no server is there to compare it with")
    off = min((now - date for date in dates), key=abs)
    if abs(off) < _AMISS:
        return Finding("clock", "as the servers'")
    way = "ahead of" if off > 0 else "behind"
    return Finding(
        "clock",
        f"{show_duration(abs(off))} {way} the servers'",
        Verdict.PROBLEM,
        "set it, by `timedatectl set-ntp true` or in the system's settings; sign-ins "
        "and ages depend on it",
    )


async def remotes(session: Session, names: Sequence[str]) -> AsyncIterator[Finding]:
    """Ask the servers of some remotes, and sign in to each remote that can."""
    import asyncio

    options: dict[str, RemoteOptions] = {}
    for name in names:
        try:
            options[name] = await asyncio.to_thread(session.remotes.get, name)
        except AcdError as error:
            yield of_error(f"remote {name}", error)
    addresses: dict[str, str] = {}
    for each in options.values():
        for address in (each.endpoint_url, each.token_url):
            addresses.setdefault(urlsplit(address).netloc, address)
    asked = (asyncio.to_thread(ask, address) for address in addresses.values())
    answers = dict(zip(addresses, await asyncio.gather(*asked), strict=True))
    for answer in answers.values():
        yield answer.finding
    dates = [answer.date for answer in answers.values() if answer.date is not None]
    yield clock(session.clock.now(), dates)
    for name, each in options.items():
        answer = answers[urlsplit(each.endpoint_url).netloc]
        if answer.finding.verdict is Verdict.OK:
            yield await _account(session, name)


async def _account(session: Session, name: str) -> Finding:
    from acd_tui.units import show_size
    from acd_tui.vfs.capabilities import Quota
    from acd_tui.vfs.path import VPath

    check = f"remote {name}"
    try:
        filesystem = await session.filesystem(name)
        if not isinstance(filesystem, Quota):
            return Finding(check, "signed in")
        space = await filesystem.space(VPath())
    except AcdError as error:
        return of_error(check, error)
    shown = f"signed in; {show_size(space.used)} of {show_size(space.total)} used"
    return Finding(check, shown)
