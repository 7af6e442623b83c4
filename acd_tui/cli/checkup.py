"""What `doctor` looks at on this machine, one function a thing, each saying one line."""

from __future__ import annotations

import enum
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from acd_tui.errors import AcdError

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes
    from acd_tui.locations import Locations

_LEAST_FREE = 100 * 2**20
"""Bytes below which the queue and the mirrors may soon find no room."""

_DAMAGED = (
    "bring it back from a backup; or move it away, and a new one is made: what was "
    "queued, or could be undone, is forgotten then, and no file is touched"
)


class Verdict(enum.StrEnum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"  # something will not work, and there is another way
    PROBLEM = "problem"


class Finding(msgspec.Struct, frozen=True):
    """One line of the report.

    Attributes:
        check: what was looked at, in a word or two.
        text: what was found.
        verdict: whether that is well.
        advice: what to do about it, where it is not.
    """

    check: str
    text: str
    verdict: Verdict = Verdict.OK
    advice: str | None = None


def of_error(check: str, error: AcdError) -> Finding:
    """Report that something failed."""
    from acd_tui.db import DatabaseError

    advice = error.hint or error.advice
    if isinstance(error, DatabaseError) and error.damaged:
        advice = _DAMAGED  # the error itself says: ask `doctor`
    return Finding(check, error.message, Verdict.PROBLEM, advice)


def program() -> Finding:
    """Say what runs."""
    import platform

    from acd_tui import __version__

    machine = f"{platform.system()} {platform.machine()}"
    python = f"Python {platform.python_version()}"
    return Finding("program", f"acd-tui {__version__}, {python}, {machine}")


def terminal() -> Finding:
    """Say whether the panes have what they need."""
    streams = (sys.stdin, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return Finding("terminal", "none here; commands need none")
    kind = os.environ.get("TERM", "")
    columns, rows = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "").lower()
    shown = f"{kind or 'of no kind'}, {columns}×{rows}, {encoding}"
    if kind in {"", "dumb"}:
        advice = "set TERM to what the terminal is, such as xterm-256color"
    elif not encoding.startswith("utf"):
        advice = "names would be illegible: set LANG to a UTF-8 locale such as C.UTF-8"
    elif columns < 40 or rows < 12:
        advice = "make the window larger; 80×24 is enough for one pane"
    else:
        return Finding("terminal", shown)
    return Finding("terminal", shown, Verdict.WARNING, advice)


def browser() -> Finding:
    """Say whether a sign-in can open a browser."""
    from acd_tui.auth.sign_in import browser_command

    if sys.platform == "win32":
        return Finding("browser", "the system's own")
    command = browser_command("https://example.org/")
    if command is not None:
        return Finding("browser", f"opened by {Path(command[0]).name}")
    return Finding(
        "browser",
        "none can be opened here",
        Verdict.WARNING,
        "sign in with one elsewhere: `acd-tui authorize` there, and paste what it says",
    )


def port() -> Finding:
    """Say whether the browser's answer to a sign-in can be received."""
    from acd_tui.asgi import listen
    from acd_tui.auth.loopback import HOST, PORT

    check = f"port {PORT}"
    try:
        listen(HOST, PORT).close()
    except AcdError as error:
        advice = f"{error.hint}; until then no sign-in here" if error.hint else None
        return Finding(
            check,
            error.message,
            Verdict.WARNING,
            advice or "no sign-in here until then",
        )
    return Finding(check, "free for a sign-in")


def keyring(*, needed: bool) -> Finding:
    """Say whether the system's keyring keeps secrets. May take ten seconds.

    Args:
        needed: whether a remote has its secrets there.
    """
    from acd_tui.auth.store import keyring_problem

    problem = keyring_problem()
    if problem is None:
        return Finding("keyring", "keeps secrets")
    if needed:
        advice = "unlock or start it, or keep them in the file: `config reconnect`"
        return Finding("keyring", problem, Verdict.PROBLEM, advice)
    advice = "tokens can be in the file: --encrypted-file, or --plain-file"
    return Finding("keyring", problem, Verdict.WARNING, advice)


def settings(locations: Locations) -> Finding:
    """Say whether settings.toml makes sense."""
    from acd_tui.config.file import load

    file = locations.settings_file
    load(file)
    return Finding("settings", str(file) if file.exists() else "none; all as it comes")


def configuration(locations: Locations, remotes: Remotes) -> Finding:
    """Say what is configured, and who could read it."""
    file = locations.remotes_file
    names = remotes.names()
    if problem := _open_to_others(file):
        return problem
    if not names:
        advice = "`acd-tui demo` shows the program; `acd-tui` sets a remote up"
        return Finding("remotes", "none", Verdict.WARNING, advice)
    kept = "encrypted" if remotes.encrypted else "for you alone"
    where = f" ({file}, {kept})" if file.exists() else ""
    return Finding("remotes", ", ".join(names) + where)


def _open_to_others(file: Path) -> Finding | None:
    """Report what lets others read secrets or change the configuration."""
    if sys.platform == "win32":
        return None
    for path, forbidden, right in ((file.parent, 0o022, 700), (file, 0o077, 600)):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid != os.getuid():
            text, advice = f"{path} is another user's", "take it over with chown"
        elif mode & forbidden:
            text = f"{path} is open to other users (mode {mode:04o})"
            advice = f"chmod {right} {path}"
        else:
            continue
        return Finding("remotes", text, Verdict.PROBLEM, advice)
    return None


def storage(locations: Locations) -> Finding:
    """Say whether the queue and the mirrors can be written."""
    from acd_tui.locations import private_folder
    from acd_tui.units import show_size

    least = None
    for folder in (locations.state, locations.cache, locations.data, locations.logs):
        private_folder(folder)
        if not os.access(folder, os.W_OK):
            advice = "make it yours, or set ACD_TUI_HOME to a folder you can write to"
            text = f"{folder} cannot be written"
            return Finding("storage", text, Verdict.PROBLEM, advice)
        free = shutil.disk_usage(folder).free
        least = free if least is None else min(free, least)
    text = f"{show_size(least)} free for queue and mirrors in {locations.state}"
    if least is not None and least < _LEAST_FREE:
        return Finding("storage", text, Verdict.WARNING, "make room on that disk")
    return Finding("storage", text)


def machine(
    locations: Locations, remotes: Remotes, *, keyring_needed: bool
) -> Iterator[Finding]:
    """Look at everything that needs no network; what fails is a finding, too."""
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("program", program),
        ("terminal", terminal),
        ("settings", lambda: settings(locations)),
        ("remotes", lambda: configuration(locations, remotes)),
        ("storage", lambda: storage(locations)),
        ("keyring", lambda: keyring(needed=keyring_needed)),
        ("port", port),
        ("browser", browser),
    )
    for name, check in checks:
        try:
            yield check()
        except AcdError as error:
            yield of_error(name, error)
