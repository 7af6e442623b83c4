"""Changing a remote in lines: its name, options, secrets, sign-in; and the password."""

from __future__ import annotations

from typing import Protocol

from acd_tui.config.options import BY_KEY
from acd_tui.config.shown import ENCRYPTED, KEYRING, PLAIN, RemoteInfo
from acd_tui.errors import UsageError
from acd_tui.printable import printable
from acd_tui.ui.linear.lines import Lines
from acd_tui.ui.linear.sign_in import sign_in
from acd_tui.ui.screens.services import LoginServices, RemoteServices, SetupServices

_KEEPERS = {
    KEYRING: "the system's keyring",
    ENCRYPTED: "the configuration file, which is encrypted",
    PLAIN: "the configuration file, unencrypted, readable by you alone",
}
_CANCEL = "leave it as it is"
_ENCRYPT, _ANOTHER, _DECRYPT = "encrypt it", "give it another password", "decrypt it"


class Services(SetupServices, RemoteServices, LoginServices, Protocol):
    """All that can be done about remotes."""


class RemoteChanges:
    """What can be done with one remote."""

    def __init__(self, lines: Lines, services: Services) -> None:
        self._lines = lines
        self._services = services

    async def do(self, deed: str, info: RemoteInfo) -> None:
        """Do one of `OF_ONE`.

        Raises:
            AcdError: it cannot be done.
        """
        await OF_ONE[deed](self, info)

    async def sign_in(self, info: RemoteInfo) -> None:
        name, services = info.name, self._services
        options = await services.remote_options(name)
        await services.renew(name, await sign_in(self._lines, services, options))
        self._lines.say(f"Signed in to {name}. What waited for it goes on.")

    async def rename(self, info: RemoteInfo) -> None:
        new = await self._lines.need(f"New name of {printable(info.name)}")
        await self._services.rename_remote(info.name, new)
        self._lines.say(f"{info.name} is called {new} now.")

    async def copy(self, info: RemoteInfo) -> None:
        new = await self._lines.need(f"Name of the copy of {printable(info.name)}")
        await self._services.copy_remote(info.name, new)
        self._lines.say(f"Added {new}.")

    async def change_option(self, info: RemoteInfo) -> None:
        known = [key for key in BY_KEY if key not in {"type", "token"}]
        for key in known:
            value = info.options.get(key, "")
            self._lines.say(f"{key}: {value or 'as usual'}")
        text = await self._lines.need("Name of the option, = and its new value")
        key, found, value = text.partition("=")
        if not found:
            raise UsageError("an option is changed with KEY=VALUE, or KEY= to unset it")
        key = key.strip().lower()
        await self._services.set_option(info.name, key, value.strip())
        self._lines.say(f"Changed {key}. It counts from the next start on.")

    async def move_secrets(self, info: RemoteInfo) -> None:
        encrypted = await self._services.is_encrypted()
        not_there = {info.secrets, *([PLAIN] if encrypted else [])}
        places = [place for place in _KEEPERS if place not in not_there]
        texts = [_CANCEL, *(_KEEPERS[place] for place in places)]
        question = f"They are in {_KEEPERS[info.secrets]}. Where are they to be kept?"
        chosen = await self._lines.choose(question, texts)
        if chosen == _CANCEL:
            return
        where = places[texts.index(chosen) - 1]
        if where == ENCRYPTED and not encrypted:
            await self._services.set_password(await new_password(self._lines))
        await self._services.move_secrets(info.name, where)
        self._lines.say(f"The secrets of {info.name} are in {chosen}.")

    async def export(self, info: RemoteInfo) -> None:
        self._lines.say("Whoever has what is written can use the drive.")
        file = await self._lines.need("File to write, which must not be there yet")
        await self._services.export(info.name, file)
        self._lines.say(f"Written to {file}, for you alone to read.")

    async def remove(self, info: RemoteInfo) -> None:
        name = printable(info.name)
        if await self._lines.agreed(
            f"Remove {name} from this machine? The drive stays as it is."
        ):
            await self._services.delete_remote(info.name)
            self._lines.say(f"Removed {name}.")


OF_ONE = {
    "sign in again to one": RemoteChanges.sign_in,
    "rename one": RemoteChanges.rename,
    "copy one": RemoteChanges.copy,
    "change an option of one": RemoteChanges.change_option,
    "keep the secrets of one elsewhere": RemoteChanges.move_secrets,
    "export one for rclone": RemoteChanges.export,
    "remove one": RemoteChanges.remove,
}
"""What is asked for → what does it."""


async def change_password(lines: Lines, services: Services) -> None:
    """Encrypt the configuration file, give it another password, or decrypt it.

    Raises:
        AcdError: it cannot be done.
    """
    encrypted = await services.is_encrypted()
    deeds = [_CANCEL, *((_ANOTHER, _DECRYPT) if encrypted else (_ENCRYPT,))]
    state = "is" if encrypted else "is not"
    deed = await lines.choose(f"The configuration file {state} encrypted.", deeds)
    if deed == _CANCEL:
        return
    if deed != _DECRYPT:
        await services.set_password(await new_password(lines))
        lines.say("It is encrypted. The password is asked for at each start.")
    elif await lines.agreed("Tokens in it can be read then. Decrypt it?"):
        await services.set_password(None)
        lines.say("It is not encrypted any more.")


async def new_password(lines: Lines) -> str:
    """Ask for a new password, twice.

    Raises:
        UsageError: there is none, or the two differ.
    """
    password = await lines.ask("Password; it is not shown: ", secret=True) or ""
    if not password.strip():
        raise UsageError("a password is needed")
    if password != await lines.ask("Once more: ", secret=True):
        raise UsageError("the two passwords differ")
    return password
