"""What the wizard and the sign-in screen need, on a session.

Signing in is imported when it is asked for: the panes start without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from acd_tui.auth.token import Token
from acd_tui.config.options import RemoteOptions
from acd_tui.errors import UsageError
from acd_tui.session.core import Session
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.auth.lwa import Application, AuthorizationRequest


class Setup:
    """Adds remotes and signs in to them.

    Options are configuration keys as text. What a sign-in returns is opaque to whoever
    asked for it; it is handed back to `save` or `renew`.

    Args:
        session: returns what the remotes are added to, once it is open.
        start_built_in: starts the built-in drive and returns its remote's name.
    """

    def __init__(
        self,
        session: Callable[[], Session],
        start_built_in: Callable[[], Awaitable[str]],
    ) -> None:
        self._opened = session
        self._start_built_in = start_built_in
        self._elsewhere: AuthorizationRequest | None = None

    @property
    def _session(self) -> Session:
        return self._opened()

    async def remote_names(self) -> Sequence[str]:
        return await asyncio.to_thread(self._session.remote_names)

    async def keyring_problem(self) -> str | None:
        return await self._session.accounts.keyring_problem()

    async def is_encrypted(self) -> bool:
        return await asyncio.to_thread(lambda: self._session.remotes.encrypted)

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
        remotes = self._session.remotes
        if where == "encrypted" and password is not None:
            await asyncio.to_thread(remotes.encrypt, password)
        if where == "encrypted" and not await self.is_encrypted():
            raise UsageError(f"{remotes.path} is not encrypted any more")
        if where not in {"keyring", "encrypted", "file"}:
            raise UsageError(f"secrets cannot be kept in {where!r}")
        await self._session.add_remote(
            name,
            RemoteOptions.read(options),
            token,
            secrets="keyring" if where == "keyring" else "file",
        )

    async def first_listing(self, name: str) -> int:
        """Open the remote and count what is in its first folder."""
        filesystem = await self._session.filesystem(name)
        return len(await filesystem.list(VPath()))

    async def start_built_in(self) -> str:
        return await self._start_built_in()

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
