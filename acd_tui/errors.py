"""What can go wrong, in words for the user.

Every error that may reach a user is an `AcdError`: one sentence, and where something
can be done about it, a hint. A filesystem raises only those drawn under "of a
filesystem"; callers decide by class and never look at a status code or an errno.

    AcdError
    ├── UsageError            the command line or a setting makes no sense
    ├── NotFound              of a filesystem: no file there
    │   └── FolderNotFound    of a filesystem: no folder there
    ├── Exists                of a filesystem: the name is taken
    ├── NotEmpty              of a filesystem
    ├── Denied                of a filesystem: not allowed, or not possible for that name
    ├── Full                  of a filesystem: no room left (disk or quota)
    ├── Transient             of a filesystem: may work when tried again
    │   ├── Corrupt           what arrived is not what was sent
    │   ├── Changed           the source changed while it was read
    │   ├── Unconfirmed       sent whole, but not shown by the service yet
    │   └── Unreachable       of a filesystem: not even a connection
    ├── SignInNeeded          the account wants the user to sign in again
    └── PartlyFailed          some of many things failed
"""

from __future__ import annotations

from typing import ClassVar


class AcdError(Exception):
    """Something went wrong that a user can be told about in one sentence.

    Attributes:
        message: one sentence without a full stop; untrusted names in it must be made
            safe by whoever shows it (`printable.printable`).
        hint: what to do about it, or None.
        exit_code: of a command that ends with this error; the numbers are rclone's.
        advice: what to do about any error of this class, for want of a better hint.
    """

    exit_code: ClassVar[int] = 1
    advice: ClassVar[str] = "`acd-tui doctor` looks for what is wrong; -vv tells more"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AcdError):
    """The command line, a setting or a configuration file makes no sense."""

    exit_code = 2
    advice = "`acd-tui COMMAND --help` shows how it is written"


class NotFound(AcdError):
    """There is nothing under that name."""

    exit_code = 4
    advice = "look at what is there: it may be renamed, moved or in the trash"


class FolderNotFound(NotFound):
    """There is no such folder."""

    exit_code = 3
    advice = "list the folder above it: it may be renamed, moved or trashed"


class Exists(AcdError):
    """The name is taken."""

    advice = "choose another name, or trash what is there first"


class NotEmpty(AcdError):
    """The folder is not empty."""

    advice = "trash it instead, with all that lies in it"


class Denied(AcdError):
    """Not allowed, or not possible for that name."""

    advice = "see who may read and write there, or take another place or name"


class Full(AcdError):
    """No room left: the disk is full or the account's quota is used up."""

    exit_code = 8
    advice = "make room there or choose another place"


class Transient(AcdError):
    """It did not work now and may work later.

    Attributes:
        retry_after: seconds to wait before the next try, where the other side said so.
    """

    exit_code = 5
    advice = "try again later"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Corrupt(Transient):
    """What arrived is not what was sent: the MD5 or the size differs."""

    advice = "try again; if it stays so, a disk or the network damages what passes"


class Changed(Transient):
    """The source changed while it was read."""

    advice = "try again when nothing writes to it"


class Unconfirmed(Transient):
    """Everything was sent, but the service has not shown the file yet.

    Large uploads to Amazon end in 408 or 504 although the file appears minutes later
    (amazon-drive-api.md §5.4). `retry_after` is the time to the next look.

    Attributes:
        patience: seconds after which it is to be taken for lost and sent again.
    """

    advice = "wait some minutes and look again: large files show up late"

    def __init__(
        self,
        message: str,
        *,
        patience: float,
        retry_after: float = 5.0,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after)
        self.patience = patience


class Unreachable(Transient):
    """The other side cannot be reached at all: no network, or nothing runs there.

    That is nobody's failure and says nothing about what was to be done: wait for it.
    """

    advice = "see whether the network is up and the server runs: `acd-tui doctor`"


class SignInNeeded(AcdError):
    """The account wants the user to sign in again."""

    exit_code = 7
    advice = "sign in again: in the panes, or by `acd-tui config reconnect`"


class PartlyFailed(AcdError):
    """Some of many things failed; the rest was done."""

    exit_code = 6
    advice = "what failed is named above; the same command tries it again"


LOOK_BETWEEN = (
    "see in a browser whether the network wants a sign-in of its own, and whether the "
    "address is right"
)
"""What to do where `is_from_between`."""


def is_from_between(status: int) -> bool:
    """Whether a status that was not asked for comes from a network or proxy on the way.

    A drive redirects nobody but who reads a file, and knows of no proxy: it is a page to
    sign in to a network (511, often 302), or a proxy that wants one (407).
    """
    return 300 <= status < 400 or status in {407, 511}
