"""Signing in, in lines: with a browser here, or with one elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from acd_tui.clock import SIGN_IN_SECONDS
from acd_tui.ui.linear.lines import Lines
from acd_tui.ui.screens.services import SignInServices

_HERE = "in a browser on this machine"
_ELSEWHERE = "in a browser on another machine, or with the output of acd-tui authorize"


async def sign_in(
    lines: Lines, services: SignInServices, options: Mapping[str, str]
) -> object:
    """Have the user sign in; return what the service gave.

    Raises:
        AcdError: nobody did, or it was refused.
    """
    if await lines.choose("Where do you sign in?", [_HERE, _ELSEWHERE]) == _HERE:
        return await _here(lines, services, options)
    lines.say("Open this address in a browser on any machine, and sign in:")
    lines.say(await services.authorization_url(options))
    lines.say(
        "Then paste the address the browser ended at, even if the page could not be "
        "shown. The output of acd-tui authorize will do as well."
    )
    # A token may be pasted, and what is printed stays where others can read it.
    pasted = await lines.need("Paste it; it is not shown", secret=True)
    return await services.finish_pasted(options, pasted)


async def _here(
    lines: Lines, services: SignInServices, options: Mapping[str, str]
) -> object:
    """Wait for the browser until the user gives up."""

    def on_url(url: str) -> None:
        lines.say("A browser opens. If it does not, open this address here:")
        lines.say(url)
        lines.say("Waiting for the browser. Enter gives up.")

    signing_in = services.sign_in(options, on_url)
    return await lines.unless_given_up(signing_in, seconds=SIGN_IN_SECONDS)
