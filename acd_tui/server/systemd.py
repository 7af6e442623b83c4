"""What systemd offers and asks of a service; without it nothing of this does anything."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path

from acd_tui.errors import UsageError

_PLAIN = re.compile(r"[A-Za-z0-9_./:=@%$,+-]+")
_FIRST_SOCKET = 3
_UNIT = """\
[Unit]
Description=Amazon Drive of our own
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
KillMode=mixed
User={user}
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={written}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
"""


def unit(command: Sequence[str], *, user: str, written: Sequence[Path]) -> str:
    """A unit for a command that notifies.

    Args:
        command: the program and its arguments; the program with its whole path.
        user: who runs it.
        written: where it writes.

    Raises:
        UsageError: a unit cannot say this.
    """
    return _UNIT.format(
        command=" ".join(_word(word) for word in command),
        user=user,
        written=" ".join(_word(str(path)) for path in dict.fromkeys(written)),
    )


def _word(text: str) -> str:
    """Write a word as systemd reads it (systemd.service(5), systemd.syntax(7))."""
    if not text.isprintable():
        raise UsageError(f"{text!r} cannot stand in a unit")
    text = text.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def notify(**values: object) -> None:
    """Tell systemd something, such as `READY=1`, if it started us and wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    text = "\n".join(f"{name}={value}" for name, value in values.items())
    with contextlib.suppress(OSError), _datagrams() as sender:
        sender.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
        sender.sendall(text.encode())


def _datagrams() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)


def inherited_listener() -> socket.socket | None:
    """The socket that systemd listens on for us (socket activation), if it does."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    if os.environ.get("LISTEN_FDS") != "1":
        return None
    listener = socket.socket(fileno=_FIRST_SOCKET)
    listener.setblocking(False)
    os.set_inheritable(listener.fileno(), False)
    return listener


def stderr_is_journal() -> bool:
    """Whether what we write to standard error goes to the journal."""
    try:
        there = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"
