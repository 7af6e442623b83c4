"""What the wizard and the sign-in screen need, on a session.

Signing in is imported when it is asked for: the panes start without it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.auth.token import Token
from acd_tui.config import atomic, importing
from acd_tui.config.importing import Source
from acd_tui.config.options import RemoteOptions
from acd_tui.config.password import Locked, Passwords
from acd_tui.config.remotes import check_name
from acd_tui.errors import AcdError, Exists, NotFound, UsageError
from acd_tui.session.remote_list import RemoteList
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.auth.lwa import Application, AuthorizationRequest
    from acd_tui.session.core import Session
    from acd_tui.session.secrets import Where


_log = logging.getLogger(__name__)


class Setup(RemoteList):
    """Adds remotes, signs in to them, and changes what there is.

    Options are configuration keys as text. What a sign-in returns is opaque to whoever
    asked for it; it is handed back to `save` or `renew`.

    Args:
        session: returns what the remotes are added to, once it is open.
        start_built_in: starts the built-in drive by a name and returns what it is called.
        built_in_name: returns what it is called, or is to be called.
    """

    def __init__(
        self,
        session: Callable[[], Session],
        start_built_in: Callable[[str], Awaitable[str]],
        built_in_name: Callable[[], Awaitable[str]],
    ) -> None:
        super().__init__(session)
        self._built_in_name = built_in_name
        self._start_built_in = start_built_in
        self._elsewhere: AuthorizationRequest | None = None

    async def remote_names(self) -> Sequence[str]:
        return await asyncio.to_thread(self._session.remote_names)

    async def keyring_problem(self) -> str | None:
        return await self._session.accounts.keyring_problem()

    async def probe(self, server_url: str) -> Mapping[str, str]:
        from acd_tui.api.discovery import discover

        return await discover(server_url)

    async def sign_in(
        self, options: Mapping[str, str], on_url: Callable[[str], None]
    ) -> object:
        """Wait for the user to sign in with a browser of this machine."""
        from acd_tui.auth.sign_in import sign_in

        asked = _application(options)
        return await sign_in(asked, on_url=on_url, open_browser=True)

    async def authorization_url(self, options: Mapping[str, str]) -> str:
        """Begin a sign-in with a browser of another machine."""
        from acd_tui.auth.sign_in import begin_elsewhere

        self._elsewhere = begin_elsewhere(_application(options))
        return self._elsewhere.url

    async def finish_pasted(self, options: Mapping[str, str], text: str) -> object:
        """Finish a sign-in with the address or the token that was pasted."""
        from acd_tui.auth.sign_in import begin_elsewhere, finish_pasted

        asked = _application(options)
        request = self._elsewhere or begin_elsewhere(asked)
        return await finish_pasted(asked, request, text)

    async def save(
        self,
        name: str,
        options: Mapping[str, str],
        token: object,
        where: str,
        *,
        password: str | None = None,
    ) -> None:
        """Add the remote; a file is encrypted before a secret gets into it."""
        assert isinstance(token, Token)
        secrets = await self._prepared(where, password)
        await self._session.add_remote(
            name, RemoteOptions.read(options), token, secrets=secrets
        )

    async def _prepared(self, where: str, password: str | None) -> Where:
        """Make ready what is to keep secrets; return it as the session calls it."""
        remotes = self._session.remotes
        if where == "encrypted" and password is not None:
            await asyncio.to_thread(remotes.encrypt, password)
        if where == "encrypted" and not await self.is_encrypted():
            raise UsageError(f"{remotes.path} is not encrypted any more")
        if where not in {"keyring", "encrypted", "file"}:
            raise UsageError(f"secrets cannot be kept in {where!r}")
        return "keyring" if where == "keyring" else "file"

    async def rclone_file(self) -> str:
        """Return where rclone's configuration is; "" if it has none."""
        try:
            return str(await asyncio.to_thread(importing.rclone_file, os.environ))
        except NotFound:
            return ""

    async def import_names(self, path: str, password: str) -> Mapping[str, str]:
        """Return the remotes that an rclone.conf has and the configuration lacks.

        With each: why it cannot be taken over; "" if it can.
        """
        return (await asyncio.to_thread(self._their, path, password))[1]

    async def import_from(
        self, path: str, password: str, where: str, *, new_password: str | None = None
    ) -> Sequence[str]:
        """Take them over, with what builds on them where that is as safe as it was."""
        source, found = await asyncio.to_thread(self._their, path, password)
        ini, names = source.ini, [name for name, wrong in found.items() if not wrong]
        secrets = await self._prepared(where, new_password)
        for name in names:
            await self._session.accounts.secrets.add(
                name, ini.values(name), secrets, ini.part(name)
            )
            await self._session.transfers.filesystem_ready(name)
        await asyncio.to_thread(self._copy_others, source, names)
        return names

    def _their(self, path: str, password: str) -> tuple[Source, dict[str, str]]:
        file = Path(path).expanduser()
        if not file.is_file():
            raise UsageError(f"there is no file {file}")
        known = {"RCLONE_CONFIG_PASS": password} if password else os.environ
        try:
            source = importing.opened(Passwords(known), file, atomic.read(file))
        except Locked:
            raise _locked(file, is_wrong=bool(password)) from None
        names = self._free(importing.selected(source.ini, ()))
        if not names:
            raise Exists("all drives in it are there already")
        found = {name: _wrong_with(name, source.ini.values(name)) for name in names}
        if all(found.values()):
            name, wrong = next(iter(found.items()))
            raise UsageError(f"nothing in it can be taken over; {name}: {wrong}")
        return source, found

    def _copy_others(self, source: Source, names: list[str]) -> None:
        others = self._free(importing.building_on(source.ini, names))
        if source.may_be_copied_to(self._session.remotes):
            for name in others:
                self._session.remotes.add_part(name, source.ini.part(name))
        elif others:
            _log.warning("not encrypted here, so left out: %s", ", ".join(others))

    def _free(self, names: list[str]) -> list[str]:
        remotes = self._session.remotes
        taken = {each.casefold() for each in (*remotes.names(), *remotes.foreign())}
        return [name for name in names if name.casefold() not in taken]

    async def first_listing(self, name: str) -> int:
        """Open the remote and count what is in its first folder."""
        filesystem = await self._session.filesystem(name)
        return len(await filesystem.list(VPath()))

    async def built_in_name(self) -> str:
        return await self._built_in_name()

    async def start_built_in(self, name: str) -> str:
        return await self._start_built_in(name)

    async def remote_options(self, name: str) -> Mapping[str, str]:
        """Return a remote's options, with its client secret where that is needed."""
        return await self._session.accounts.sign_in_options(name)

    async def renew(self, name: str, token: object) -> None:
        """Keep a new token of a remote and go on with it."""
        assert isinstance(token, Token)
        await self._session.renew_token(name, token)


def _application(options: Mapping[str, str]) -> Application:
    from acd_tui.session.accounts import application

    return application(RemoteOptions.read(options))


def _locked(file: Path, *, is_wrong: bool) -> Locked:
    """What is said of a file whose password was asked for beside its name."""
    if is_wrong:
        return Locked(f"that is not the password of {file}")
    return Locked(f"{file} is encrypted", hint="its password is needed, too")


def _wrong_with(name: str, values: Mapping[str, str]) -> str:
    """Say why a remote of another file cannot be used; "" if it can."""
    try:
        check_name(name)
        _ = RemoteOptions.read(values)
        if blob := values.get("token"):
            _ = Token.from_blob(blob)
    except AcdError as error:
        return error.message
    return ""
