"""rclone's encrypted configuration file, both ways (amazon-drive-api.md §7.3)."""

from __future__ import annotations

import base64
import binascii
import unicodedata

from acd_tui.errors import AcdError, UsageError

_HEAD = "# Encrypted rclone configuration File\n\n"
_MARK = "RCLONE_ENCRYPT_V0:"
_ANY_VERSION = "RCLONE_ENCRYPT_V"


class WrongPassword(AcdError):
    """The password does not open the file."""


def is_encrypted(text: str) -> bool:
    """Whether a file's text is encrypted; its first line that is no comment tells.

    Raises:
        UsageError: it is, in a way that is not known yet.
    """
    return _payload(text) is not None


def key_of(password: str) -> bytes:
    """Return the 32 bytes that the file is encrypted with.

    Raises:
        UsageError: that cannot be a password.
    """
    if not password.strip():  # nor does rclone open a file with such a one
        raise UsageError("a password without a character protects nothing")
    try:
        packed = unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:
        raise UsageError("the password is no valid text") from None
    import hashlib  # few configurations are encrypted

    return hashlib.sha256(b"[" + packed + b"][rclone-config]").digest()


def encrypt(plain: str, key: bytes) -> str:
    """Return the encrypted file's text; each time another one for the same content."""
    from nacl.secret import SecretBox

    sealed = SecretBox(key).encrypt(plain.encode("utf-8", "surrogateescape"))
    return f"{_HEAD}{_MARK}\n{base64.b64encode(bytes(sealed)).decode()}"


def decrypt(text: str, key: bytes) -> str:
    """Return what an encrypted file holds.

    Raises:
        WrongPassword: the key is another file's, or the content was changed.
        UsageError: it is damaged, or not encrypted.
    """
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    try:
        sealed = base64.b64decode(
            "".join((_payload(text) or "").split()), validate=True
        )
    except (binascii.Error, ValueError):
        raise _damaged(
            "what follows its first lines is not what rclone writes"
        ) from None
    if len(sealed) < SecretBox.NONCE_SIZE + SecretBox.MACBYTES:
        raise _damaged("it is cut short")
    try:
        plain = SecretBox(key).decrypt(sealed)
    except CryptoError:
        raise WrongPassword("the password is wrong") from None
    return plain.decode("utf-8", "surrogateescape")


def _payload(text: str) -> str | None:
    """Return what follows the line that says that the file is encrypted."""
    rest = text.removeprefix("\ufeff")
    while rest:
        line, _, rest = rest.partition("\n")
        line = line.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if line == _MARK:
            return rest
        if line.startswith(_ANY_VERSION):
            raise UsageError(
                f"the configuration is encrypted in a way not known here: {line[:40]}",
                hint="a newer rclone did that; let it remove the password and try again",
            )
        return None
    return None


def _damaged(why: str) -> UsageError:
    return UsageError(
        f"the encrypted configuration is damaged: {why}",
        hint="was a section put behind it? Take that out; `acd-tui config import` adds it",
    )
