"""Where something is inside one filesystem."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from acd_tui.errors import Denied


class VPath(msgspec.Struct, frozen=True, order=True):
    """An absolute path inside a filesystem, as its names from the root down.

    A name is one non-empty string without `/` and NUL, and neither `.` nor `..`: so a
    path cannot leave the folder it was built from. Names of the local disk that are
    not valid UTF-8 carry surrogates, as from `os.fsdecode`.
    """

    parts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> VPath:
        """Read `a/b`, `/a/b/` or ``; empty names and `.` are dropped.

        Raises:
            Denied: it contains `..` or a NUL.
        """
        path = cls()
        for name in text.split("/"):
            if name not in {"", "."}:
                path /= name
        return path

    def __truediv__(self, name: str) -> VPath:
        """Return the path of `name` in this folder.

        Raises:
            Denied: it is no name.
        """
        if name in {"", ".", ".."} or "/" in name or "\0" in name:
            raise Denied(f"{name!r} cannot be the name of a file")
        return VPath((*self.parts, name))

    @property
    def name(self) -> str:
        """The last name; empty for the root."""
        return self.parts[-1] if self.parts else ""

    @property
    def parent(self) -> VPath:
        """The folder it is in; the root is its own parent."""
        return VPath(self.parts[:-1])

    @property
    def is_root(self) -> bool:
        return not self.parts

    @property
    def parents(self) -> Iterator[VPath]:
        """Every folder above it, the nearest first."""
        path = self
        while path.parts:
            path = path.parent
            yield path

    def is_within(self, folder: VPath) -> bool:
        """Whether it is `folder` itself or somewhere below."""
        return self.parts[: len(folder.parts)] == folder.parts

    def relative_to(self, folder: VPath) -> tuple[str, ...]:
        """Return its names from `folder` down.

        Raises:
            ValueError: it is not within `folder`.
        """
        if not self.is_within(folder):
            raise ValueError(f"{self} is not within {folder}")
        return self.parts[len(folder.parts) :]

    def joined(self, names: tuple[str, ...]) -> VPath:
        """Return the path that lies `names` further down."""
        path = self
        for name in names:
            path /= name
        return path

    def __str__(self) -> str:
        return "/" + "/".join(self.parts)
