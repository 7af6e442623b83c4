"""Commands on an account: the space it has, and signing in to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import Data, byte_unit, examples, json_option
from acd_tui.cli.places import filesystem_at, in_session
from acd_tui.errors import Denied

if TYPE_CHECKING:
    from acd_tui.session.core import Session


@click.command(epilog=examples("about photos:", "about photos: --json | jq .free"))
@click.argument("path", metavar="REMOTE:")
@json_option
def about(path: str, as_json: bool) -> None:
    """Show the space used and free, of an account or of a disk."""

    async def work(session: Session) -> None:
        from acd_tui.vfs.capabilities import Quota

        filesystem, place = await filesystem_at(session, path)
        if not isinstance(filesystem, Quota):
            raise Denied(f"`{path}` does not know its space")
        space = await filesystem.space(place.path)
        known = {
            name: size
            for name in ("total", "used", "free")
            if (size := getattr(space, name)) is not None
        }
        data = Data()
        if as_json:
            data.json(known)
            return
        for name, size in known.items():
            data.line(f"{name.title() + ':':9}{byte_unit(size)}")

    in_session(work)


@click.command(
    epilog=examples(
        "authorize client_id=abc client_secret=-  < secret.txt",
        "authorize client_id=acd-tui auth_url=http://nas:8753/ap/oa "
        "token_url=http://nas:8753/auth/o2/token",
    )
)
@click.argument("options", nargs=-1, metavar="[KEY=VALUE]…")
@click.option(
    "--auth-no-open-browser",
    "no_open",
    is_flag=True,
    help="Only say the address, open no browser.",
)
def authorize(options: tuple[str, ...], no_open: bool) -> None:
    """Sign in with the browser of this machine and print the token.

    Paste what is printed where the other machine asks for it. Unlike rclone's command
    of this name it takes all options of a remote, also `auth_url` and `token_url`. A
    value of `-` is read from standard input. What rclone tells one to run elsewhere,
    `authorize "amazon cloud drive" BLOB`, is understood as well.
    """
    import asyncio

    from acd_tui.cli.signing_in import as_rclone_asks, read_options, sign_in_here

    pairs, packed = as_rclone_asks(options)
    token = asyncio.run(sign_in_here(read_options(pairs), open_browser=not no_open))
    data = Data()
    data.line("Paste the following into your remote machine --->")
    data.line(token.to_paste() if packed else token.to_blob())
    data.line("<---End paste")
