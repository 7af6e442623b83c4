"""Where the program keeps its files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from acd_tui.errors import Denied

APP = "acd-tui"


class Locations(msgspec.Struct, frozen=True):
    """The program's folders; each is made, for its owner alone, when first asked for.

    Attributes:
        config: what the user wrote or chose; worth a backup.
        data: content the user would miss (the demo's drive).
        state: the queue, its history, the undo journal, bookmarks.
        cache: mirrors and hashes; deleting it loses nothing but time.
        logs: rotating log files.
        home: the one folder below which all of it is, or None.
    """

    config: Path
    data: Path
    state: Path
    cache: Path
    logs: Path
    home: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Locations:
        """The platform's usual folders, or all below `ACD_TUI_HOME` if that is set."""
        if home := environment.get("ACD_TUI_HOME"):
            root = Path(home).expanduser().absolute()
            return cls(
                config=root / "config",
                data=root / "data",
                state=root / "state",
                cache=root / "cache",
                logs=root / "logs",
                home=root,
            )
        import platformdirs

        dirs = platformdirs.PlatformDirs(APP, appauthor=False)
        return cls(
            dirs.user_config_path,
            dirs.user_data_path,
            dirs.user_state_path,
            dirs.user_cache_path,
            dirs.user_log_path,
        )

    @property
    def remotes_file(self) -> Path:
        return private_folder(self.config) / "remotes.conf"

    @property
    def settings_file(self) -> Path:
        return private_folder(self.config) / "settings.toml"

    @property
    def places_file(self) -> Path:
        return private_folder(self.state) / "places.json"

    @property
    def log_file(self) -> Path:
        return private_folder(self.logs) / "acd-tui.log"

    def mirror_file(self, remote: str) -> Path:
        """Return where the local copy of a remote's tree is kept; makes nothing."""
        return self.cache / "mirrors" / f"{remote}.sqlite"


def private_folder(path: Path) -> Path:
    """Return `path`, made with mode 0700 if it was missing.

    Raises:
        Denied: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Denied(
            f"cannot make the folder {path}: {error.strerror}",
            hint="set ACD_TUI_HOME to a folder you can write to",
        ) from error
    return path
