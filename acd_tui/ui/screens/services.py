"""What screens need of the rest of the program, as protocols.

Every coroutine here belongs to the engine's event loop: a screen hands it to
`Runner.run` and awaits the answer in its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from acd_tui.config.shown import RemoteInfo
from acd_tui.transfers.model import ConflictPolicy, State, Transfer
from acd_tui.vfs.path import VPath

T = TypeVar("T")


class Runner(Protocol):
    """Runs a coroutine where the engine lives; `ui.engine` has the real ones."""

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T: ...


class ConflictQueue(Protocol):
    """The part of the transfer manager that conflicts are decided with."""

    async def transfers(
        self,
        *,
        job: int | None = None,
        states: Collection[State] | None = None,
        offset: int = 0,
        limit: int = 200,
        newest_first: bool = False,
    ) -> Sequence[Transfer]: ...

    async def decide(self, ids: Collection[int], policy: ConflictPolicy) -> object: ...


class Restorer(Protocol):
    """The part of the operations that puts something back from a trash."""

    async def restore(
        self, filesystem: str, item_id: str, to: VPath | None = None
    ) -> object: ...


class SignInServices(Protocol):
    """What signing in takes. Every method raises `AcdError` and nothing else.

    Options are a remote's configuration keys (`client_id`, `auth_url`, …). What a
    sign-in returns is opaque to the screens: they only hand it back.
    """

    async def sign_in(
        self, options: Mapping[str, str], on_url: Callable[[str], None]
    ) -> object:
        """Wait for the user to sign in with a browser of this machine.

        Args:
            options: of the remote.
            on_url: called, in any thread, with the address to open once it answers.
        """
        ...

    async def authorization_url(self, options: Mapping[str, str]) -> str:
        """Return the address where one signs in with a browser of another machine."""
        ...

    async def finish_pasted(self, options: Mapping[str, str], text: str) -> object:
        """Finish with what was pasted: the redirect address or a token as JSON.

        A redirect address belongs to the last `authorization_url`.
        """
        ...


class SetupServices(SignInServices, Protocol):
    """What the wizard needs to add a remote."""

    async def remote_names(self) -> Sequence[str]: ...

    async def keyring_problem(self) -> str | None:
        """Say why secrets cannot be kept in the system's keyring; None if they can."""
        ...

    async def is_encrypted(self) -> bool:
        """Whether the configuration file is."""
        ...

    async def probe(self, server_url: str) -> Mapping[str, str]:
        """Ask a server of the user's own for its addresses, as options."""
        ...

    async def save(
        self,
        name: str,
        options: Mapping[str, str],
        token: object,
        where: str,
        *,
        password: str | None = None,
    ) -> None:
        """Add the remote.

        Args:
            name: what to call it.
            options: of it.
            token: what the sign-in gave.
            where: its secrets go: `keyring`, `encrypted` or `file`.
            password: to encrypt the file with first; None leaves that as it is.
        """
        ...

    async def rclone_file(self) -> str:
        """Return where rclone's configuration is; "" if it has none."""
        ...

    async def import_names(self, path: str, password: str) -> Mapping[str, str]:
        """Return the remotes that an rclone.conf has and the configuration lacks.

        With each: why it cannot be taken over; "" if it can.
        """
        ...

    async def import_from(
        self, path: str, password: str, where: str, *, new_password: str | None = None
    ) -> Sequence[str]:
        """Take them over; the last two arguments are as for `save`."""
        ...

    async def first_listing(self, name: str) -> int:
        """Open the remote and count what is in its first folder."""
        ...

    async def built_in_name(self) -> str:
        """Return what the built-in drive is called unless one says otherwise."""
        ...

    async def start_built_in(self, name: str) -> str:
        """Start the built-in drive, signed in; return what it is called.

        That is something else where it runs already.
        """
        ...


class RemoteServices(Protocol):
    """What listing and changing the remotes needs."""

    async def remotes(self) -> Sequence[RemoteInfo]:
        """Return all there are, secrets masked."""
        ...

    async def rename_remote(self, name: str, new: str) -> None: ...

    async def copy_remote(self, name: str, new: str) -> None: ...

    async def delete_remote(self, name: str) -> None:
        """Remove a remote from this machine, secrets and mirror included."""
        ...

    async def set_option(self, name: str, key: str, value: str) -> None:
        """Change one option; "" takes it away."""
        ...

    async def move_secrets(self, name: str, where: str) -> None:
        """Keep a remote's secrets elsewhere; `where` as in `RemoteInfo.secrets`."""
        ...

    async def is_encrypted(self) -> bool:
        """Whether the configuration file is."""
        ...

    async def set_password(self, password: str | None) -> None:
        """Encrypt the configuration file with a password; None decrypts it."""
        ...

    async def export(self, name: str, file: str) -> None:
        """Write a remote, secrets included, to a new file that rclone understands."""
        ...


class LoginServices(SignInServices, Protocol):
    """What signing in again to a remote needs."""

    async def remote_options(self, name: str) -> Mapping[str, str]: ...

    async def renew(self, name: str, token: object) -> None:
        """Keep the new token where the remote keeps its secrets."""
        ...
