"""Where the password of an encrypted configuration comes from; asked once a run."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from acd_tui import environment as variables
from acd_tui.config import crypt
from acd_tui.errors import AcdError, UsageError

_VARIABLE = "RCLONE_CONFIG_PASS"
_COMMAND_VARIABLE = "RCLONE_PASSWORD_COMMAND"
_MOST_QUESTIONS = 3
_COMMAND_SECONDS = 120.0
"""A password manager may ask its own questions meanwhile."""


class Locked(AcdError):
    """The configuration is encrypted and nobody has said its password."""


class Passwords:
    """Opens encrypted configurations, with the key of each kept for this run.

    As for rclone, a password command counts before `RCLONE_CONFIG_PASS`. Where neither
    opens a file, a person is asked, at most three times. Threads may call at once.

    Args:
        environment: where `RCLONE_…` variables are looked up.
        command: of the flag `--password-command`; "" for none.
        ask: shows a question and returns what was typed; None where nobody can answer.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        *,
        command: str = "",
        ask: Callable[[str], str] | None = None,
    ) -> None:
        self._environment = environment
        self._command = command or environment.get(_COMMAND_VARIABLE, "")
        self._ask = ask
        self._said: str | None = None
        self._keys: dict[Path, bytes] = {}
        self._lock = threading.RLock()

    def silence(self) -> None:
        """Ask no questions from now on: the terminal is used for something else."""
        self._ask = None

    def can_ask(self) -> bool:
        """Whether somebody is there to answer."""
        return self._ask is not None

    def source(self) -> str:
        """Say where passwords come from without a question; "" if from nowhere."""
        if self._command:
            return "the password command"
        return _VARIABLE if self._environment.get(_VARIABLE) else ""

    def given(self) -> str | None:
        """Return the password that needs no question; None if there is none.

        Raises:
            UsageError: the command for it makes no sense or failed.
        """
        if self._command:
            with self._lock:
                if self._said is None:
                    self._said = _output_of(self._command)
                return self._said
        return self._environment.get(_VARIABLE) or None

    def ask_new(self, path: Path) -> str | None:
        """Ask for a new password, twice; None where nobody can answer.

        Raises:
            UsageError: the two differ, or it is none.
        """
        if self._ask is None:
            return None
        first = self._ask(f"New password of {path}: ")
        crypt.key_of(first)
        if self._ask("Once more: ") != first:
            raise UsageError("the two passwords differ; nothing was changed")
        return first

    def opened(self, path: Path, text: str) -> str:
        """Return what a file's text holds; it may be encrypted or not.

        Raises:
            Locked: it is, and its password is not known.
            UsageError: it is damaged, or the command for its password failed.
        """
        if not crypt.is_encrypted(text):
            return text
        with self._lock:
            for key in self._possible(path):
                try:
                    plain = crypt.decrypt(text, key)
                except crypt.WrongPassword:
                    continue
                self._keys[path] = key
                return plain
            raise self._locked(path)

    def sealed(self, path: Path, plain: str) -> str:
        """Encrypt what a file is to hold, with the key that it was opened with."""
        with self._lock:
            return crypt.encrypt(plain, self._keys[path])

    def learn(self, path: Path, password: str) -> None:
        """Have a file encrypted with a new password from now on."""
        with self._lock:
            self._keys[path] = crypt.key_of(password)

    def _possible(self, path: Path) -> Iterator[bytes]:
        if path in self._keys:
            yield self._keys[path]
        given = self.given()
        if given is not None:
            yield crypt.key_of(given)
        if self._ask is None:
            return
        question = f"Password of {path}: "
        for _ in range(_MOST_QUESTIONS):
            typed = self._ask(question)
            question = f"That is not it. Password of {path}: "
            if typed:
                yield crypt.key_of(typed)

    def _locked(self, path: Path) -> Locked:
        if source := self.source():
            return Locked(
                f"{path} is encrypted, and what {source} says does not open it",
                hint="rclone knows the same password; `acd-tui config password` changes it",
            )
        return Locked(
            f"{path} is encrypted, and its password is not known",
            hint=f"say it on a terminal, set {_VARIABLE}, or give --password-command",
        )


def _output_of(command: str) -> str:
    """Run a password command, split as rclone does: by spaces, `"` around those within.

    Raises:
        UsageError: it cannot be run, failed, or said nothing.
    """
    import csv  # not at each start for what few have

    words = [w for w in next(csv.reader([command], delimiter=" "), []) if w]
    if not words:
        raise UsageError("the password command is empty")
    try:
        done = subprocess.run(  # noqa: S603 - the user's own
            words,
            check=True,
            stdout=subprocess.PIPE,
            env=variables.for_children(),
            timeout=_COMMAND_SECONDS,
        )
    except OSError as error:
        raise UsageError(
            f"the password command cannot be run: {words[0]}: {error.strerror}",
            hint='write it like --password-command "pass show rclone"',
        ) from None
    except subprocess.TimeoutExpired:
        raise UsageError("the password command does not end") from None
    except subprocess.CalledProcessError as error:
        raise UsageError(
            f"the password command failed: {words[0]} ended with {error.returncode}"
        ) from None
    said = done.stdout.decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not said:
        raise UsageError(f"the password command said nothing: {words[0]}")
    return said
