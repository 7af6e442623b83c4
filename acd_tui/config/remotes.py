"""The configured remotes, in rclone's file format (amazon-drive-api.md §7.1, §7.2)."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from acd_tui.config import atomic, crypt
from acd_tui.config.ini import IniText
from acd_tui.config.options import BY_KEY, TYPE, RemoteOptions, check_keys
from acd_tui.config.password import Passwords
from acd_tui.errors import Exists, NotFound, UsageError

_NAME = re.compile(r"(?![- ])[\w\-.+@ ]+(?<! )", re.UNICODE)
_RESERVED = {"local"}


class Remotes:
    """The remotes of one configuration file and of the environment.

    The file is read anew at each call, since rclone or another process may have changed
    it; a change reads it under a lock and replaces it. All calls touch the disk: from
    async code, call them in a thread where that matters.

    Args:
        path: `remotes.conf`, or an rclone.conf.
        environment: where `RCLONE_…` variables are looked up.
        flags: what the command line sets for all remotes, by key.
        passwords: open the file if it is encrypted; None takes what the environment
            says.
    """

    def __init__(
        self,
        path: Path,
        environment: Mapping[str, str] = os.environ,
        *,
        flags: Mapping[str, str] | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self.path = path
        self._environment = environment
        self._flags = dict(flags or {})
        self.passwords = passwords or Passwords(environment)

    def names(self) -> list[str]:
        """Return the names of Amazon Drive remotes: the file's, then the environment's.

        Raises:
            Locked: the file is encrypted, and its password is not known.
        """
        ini = self._read()
        names = [name for name in ini.sections() if self._type(ini, name) == TYPE]
        taken = {name.upper() for name in names}
        return names + [
            name.lower()
            for name, kind in self._from_environment()
            if kind == TYPE and name not in taken
        ]

    def foreign(self) -> dict[str, str]:
        """Return the sections of other back ends: name to type."""
        ini = self._read()
        found = {name: self._type(ini, name) for name in ini.sections()}
        return {name: kind for name, kind in found.items() if kind != TYPE}

    def get(self, name: str) -> RemoteOptions:
        """Return a remote's options.

        What counts, from weak to strong: default, file, `RCLONE_ACD_KEY`,
        `RCLONE_CONFIG_NAME_KEY`, flag.

        Raises:
            NotFound: there is no such remote.
            UsageError: it is another back end's, or one of its values makes no sense.
        """
        try:
            return RemoteOptions.read(self.values(name))
        except UsageError as error:
            raise UsageError(f"{name}: {error.message}", hint=error.hint) from error

    def values(self, name: str) -> dict[str, str]:
        """Return what is set for a remote, in file, environment and flags, as text.

        Raises:
            NotFound: as for `get`.
            UsageError: as for `get`.
        """
        ini = self._read()
        values = ini.values(name) if name in ini.sections() else {}
        values |= self.overrides(name)
        if not values.get("type"):
            raise NotFound(
                f"there is no remote {name!r}", hint="`acd-tui config list` shows them"
            )
        if values["type"] != TYPE:
            raise UsageError(f"{name} is no Amazon Drive but {values['type']!r}")
        return values

    def overrides(self, name: str) -> dict[str, str]:
        """Return what environment and flags say of a remote, which beats the file."""
        values = self._variables("RCLONE_ACD_", BY_KEY)
        values |= self._variables(_prefix(name), ("type", *BY_KEY))
        return values | self._flags

    def in_file(self, name: str) -> dict[str, str]:
        """Return what the file alone says of a remote; nothing if it is not there."""
        return self._read().values(name)

    def own(self, name: str) -> dict[str, str]:
        """Return what the file says of a remote that is ours to change.

        Raises:
            NotFound: the file has no such remote.
            UsageError: it is another back end's.
        """
        ini = self._read()
        self._require(ini, name)
        return ini.values(name)

    def create(self, name: str, options: Mapping[str, str] | RemoteOptions) -> None:
        """Add a remote.

        Args:
            name: what to call it.
            options: as text by key, or read.

        Raises:
            Exists: the name is taken, by whatever back end.
            UsageError: the name, a key or a value makes no sense.
        """
        check_name(name)
        values = options.values() if isinstance(options, RemoteOptions) else options
        check_keys(values)
        RemoteOptions.read(values)
        with self._changed() as ini:
            _refuse_taken(ini, name)
            ini.set(name, "type", TYPE)
            for key, value in values.items():
                if value and key != "type":
                    ini.set(name, key, value)

    def update(self, name: str, values: Mapping[str, str | None]) -> None:
        """Change some keys of a remote; None removes one.

        Raises:
            NotFound: the file has no such remote.
            UsageError: a key or a value makes no sense.
        """
        given = {key: value for key, value in values.items() if value}
        check_keys(dict.fromkeys(values, ""))
        with self._changed() as ini:
            self._require(ini, name)
            RemoteOptions.read(ini.values(name) | given)
            for key, value in values.items():
                if value:
                    ini.set(name, key, value)
                else:
                    ini.unset(name, key)

    def rename(self, name: str, new: str) -> None:
        """Give a remote another name.

        Raises:
            NotFound: the file has no such remote.
            Exists: the new name is taken.
            UsageError: the new name makes no sense.
        """
        check_name(new)
        with self._changed() as ini:
            self._require(ini, name)
            _refuse_taken(ini, new, but=name)
            ini.rename(name, new)

    def copy(self, name: str, new: str) -> None:
        """Add a remote with all that another one has; raises as `rename`."""
        check_name(new)
        with self._changed() as ini:
            self._require(ini, name)
            _refuse_taken(ini, new)
            ini.copy(name, new)

    def add_part(self, name: str, part: str) -> None:
        """Add a section as it stands in another file; see `part`.

        Raises:
            Exists: the name is taken.
        """
        with self._changed() as ini:
            _refuse_taken(ini, name)
            ini.append(part)

    def check_free(self, name: str, but: str = "") -> None:
        """Make sure that a remote can be called that.

        Args:
            name: the new name.
            but: a remote whose own name does not count.

        Raises:
            UsageError: the name makes no sense.
            Exists: it is taken, by whatever back end.
        """
        check_name(name)
        _refuse_taken(self._read(), name, but=but)

    def part(self, name: str, without: Iterable[str] = ()) -> str:
        """Return a section with its comments, as it stands in the file.

        Args:
            name: of any back end's section.
            without: keys to leave out.
        """
        ini = IniText(self._read().part(name))
        for key in without:
            ini.unset(name, key)
        return ini.text

    def delete(self, name: str) -> None:
        """Remove a remote's section.

        Raises:
            NotFound: the file has no such remote.
        """
        with self._changed() as ini:
            self._require(ini, name)
            ini.remove(name)

    def write_token(self, name: str, blob: str | None) -> None:
        """Replace the token blob in the file, or remove it.

        Raises:
            NotFound: the file has no such remote.
        """
        self.update(name, {"token": blob})

    @property
    def encrypted(self) -> bool:
        """Whether the file is encrypted; that can be told without its password."""
        return crypt.is_encrypted(atomic.read(self.path))

    def encrypt(self, password: str) -> None:
        """Encrypt the file, or give it another password.

        Raises:
            Locked: it is encrypted, and its password is not known.
            UsageError: that cannot be a password.
        """
        crypt.key_of(password)
        self._read()
        with atomic.locked(self.path):
            sealed = crypt.encrypt(self._read().text, crypt.key_of(password))
            atomic.replace(self.path, sealed, private=True)
            self.passwords.learn(self.path, password)

    def decrypt(self) -> None:
        """Take the file's password away.

        Raises:
            Locked: its password is not known.
        """
        self._read()
        with atomic.locked(self.path):
            atomic.replace(self.path, self._read().text, private=True)

    def _read(self) -> IniText:
        return IniText(self.passwords.opened(self.path, atomic.read(self.path)))

    def _type(self, ini: IniText, name: str) -> str:
        variable = self._environment.get(f"{_prefix(name)}TYPE")
        return variable or ini.values(name).get("type", "")

    def _require(self, ini: IniText, name: str) -> None:
        if name not in ini.sections():
            raise NotFound(f"there is no remote {name!r} in {self.path}")
        if ini.values(name).get("type") != TYPE:
            raise UsageError(f"{name} is no Amazon Drive; acd-tui leaves it as it is")

    def _variables(self, prefix: str, keys: Iterable[str]) -> dict[str, str]:
        found = {key: self._environment.get(prefix + key.upper()) for key in keys}
        return {key: value for key, value in found.items() if value}

    def _from_environment(self) -> Iterator[tuple[str, str]]:
        for variable, value in sorted(self._environment.items()):
            found = re.fullmatch(r"RCLONE_CONFIG_(.+)_TYPE", variable)
            if found:
                yield found[1], value

    @contextlib.contextmanager
    def _changed(self) -> Iterator[IniText]:
        self._read()  # a question for the password must not keep others waiting
        with atomic.locked(self.path):
            # Read once: rclone, which knows no lock, may encrypt the file meanwhile.
            found = atomic.read(self.path)
            ini = IniText(self.passwords.opened(self.path, found))
            yield ini
            text = ini.text
            if crypt.is_encrypted(found):
                text = self.passwords.sealed(self.path, text)
            atomic.replace(self.path, text, private=True)


def _prefix(name: str) -> str:
    """Return how the variables of one remote begin."""
    return f"RCLONE_CONFIG_{name.upper()}_"


def _refuse_taken(ini: IniText, name: str, but: str = "") -> None:
    taken = {section.casefold() for section in ini.sections() if section != but}
    if name.casefold() in taken:
        raise Exists(
            f"there is a remote {name!r} already",
            hint="choose another name, or `acd-tui config delete` that one first",
        )


def check_name(name: str) -> None:
    """Refuse what cannot be a remote's name.

    Raises:
        UsageError: says what is allowed.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a remote's name",
            hint="letters, digits, spaces and _ - . + @; no - or space in front",
        )
    if name.casefold() in _RESERVED:
        raise UsageError(f"{name!r} is what acd-tui calls this machine's own files")
