"""Whether a mirror is of who is signed in now, as far as that is told without asking."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd_tui.auth.token import Token
    from acd_tui.config.options import RemoteOptions

Sealer = Callable[[str], bytes]
"""What the sign-in makes of a root's id; see `drive.belonging.is_of`."""


def sealer(options: RemoteOptions, token: Token | None = None) -> Sealer | None:
    """Return what seals a root with the sign-in; None if that is in the keyring.

    The keyring may want a password, or not be there: what is shown of a mirror must not
    wait for it. Who puts another sign-in there has the mirror disowned.

    Args:
        options: of the remote.
        token: to be used instead of the one among them.
    """
    from acd_tui.api.models import words_to_seal
    from acd_tui.auth.token import Token

    if token is None and options.token:
        token = Token.from_blob(options.token)
    if token is None:
        return None
    known = token
    return lambda root: known.seal(words_to_seal(options.endpoint_url, "root", root))
