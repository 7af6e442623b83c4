"""What the remotes screen shows and changes, on a session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.auth.token import Token
from acd_tui.config.options import BY_KEY
from acd_tui.config.remotes import check_name
from acd_tui.config.shown import (
    BUILT_IN,
    ENCRYPTED,
    KEYRING,
    RemoteInfo,
    masked,
    secrets_place,
)
from acd_tui.errors import Denied, Exists, UsageError
from acd_tui.session.option_values import check_values

if TYPE_CHECKING:
    from acd_tui.session.core import Session


class RemoteList:
    """Lists and changes the configured remotes.

    Args:
        session: returns what they belong to, once it is open.
    """

    def __init__(self, session: Callable[[], Session]) -> None:
        self._opened = session

    @property
    def _session(self) -> Session:
        return self._opened()

    async def remotes(self) -> Sequence[RemoteInfo]:
        """Return all there are, those of this run first."""
        return await asyncio.to_thread(self._infos)

    def _infos(self) -> Sequence[RemoteInfo]:
        session, remotes = self._session, self._session.remotes
        configured = set(remotes.names())
        return [
            RemoteInfo(name, secrets_place(remotes, name), masked(remotes.values(name)))
            if name in configured
            else RemoteInfo(name, BUILT_IN, {})
            for name in session.remote_names()
        ]

    async def rename_remote(self, name: str, new: str) -> None:
        """Give a remote another name; see `Session.rename_remote`."""
        check_name(new)
        await self._session.rename_remote(name, new)

    async def copy_remote(self, name: str, new: str) -> None:
        """Add a remote with all that another one has."""
        check_name(new)
        await self._session.accounts.secrets.copy(name, new)

    async def delete_remote(self, name: str) -> None:
        """Remove a remote from this machine; see `Session.delete_remote`."""
        await self._session.delete_remote(name)

    async def set_option(self, name: str, key: str, value: str) -> None:
        """Change one option of a remote in the file; "" takes it away.

        It counts from the next start, or the next sign-in, on.
        """
        if key not in BY_KEY or key == "type":
            known = ", ".join(key for key in BY_KEY if key != "type")
            raise UsageError(f"there is no option {key!r}", hint=f"there are: {known}")
        check_values({key: value})
        if key == "token" and value:
            value = Token.from_paste(value).to_blob()
        await self._session.accounts.secrets.update(name, {key: value})

    async def move_secrets(self, name: str, where: str) -> None:
        """Move a remote's token and client secret to `keyring` or the file.

        Raises:
            Denied: the file is not encrypted, and that is what was asked for.
        """
        secrets = self._session.accounts.secrets
        if where == ENCRYPTED and not self._session.remotes.encrypted:
            raise Denied(
                "the configuration is not encrypted",
                hint="`acd-tui config password` encrypts it; then try again",
            )
        await secrets.move(name, "keyring" if where == KEYRING else "file")

    async def is_encrypted(self) -> bool:
        """Whether the configuration file is."""
        return await asyncio.to_thread(lambda: self._session.remotes.encrypted)

    async def set_password(self, password: str | None) -> None:
        """Encrypt the configuration file with a password; None decrypts it."""
        remotes = self._session.remotes
        if password is None:
            await asyncio.to_thread(remotes.decrypt)
        else:
            await asyncio.to_thread(remotes.encrypt, password)

    async def export(self, name: str, file: str) -> None:
        """Write a remote to a new file as rclone's section of it, secrets included.

        Raises:
            Exists: there is such a file.
            Denied: it cannot be written.
        """
        text = await self._session.accounts.secrets.export(name)
        await asyncio.to_thread(_write_new, file, text)


def _write_new(file: str, text: str) -> None:
    """Write a file that was not there, for the user alone."""
    path = Path(file).expanduser()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as new:  # noqa: PTH123 - opened
            new.write(text)
    except FileExistsError:
        raise Exists(f"there is a file {path} already") from None
    except OSError as error:
        raise Denied(f"{path} cannot be written: {error.strerror}") from error
