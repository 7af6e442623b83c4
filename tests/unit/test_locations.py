from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from platformdirs.api import PlatformDirsABC
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from acd_tui.errors import Denied
from acd_tui.locations import Locations, private_folder


def test_one_folder_can_hold_everything(tmp_path: Path) -> None:
    locations = Locations.from_environment({"ACD_TUI_HOME": str(tmp_path / "all")})
    assert locations.remotes_file == tmp_path / "all/config/remotes.conf"
    assert locations.log_file == tmp_path / "all/logs/acd-tui.log"
    assert (tmp_path / "all/config").stat().st_mode & 0o777 == 0o700


def test_without_it_the_platform_decides() -> None:
    assert Locations.from_environment({}).config.name == "acd-tui"


@pytest.mark.parametrize(
    ("system", "folders"),
    [
        (
            Unix,
            {
                "config": ".config/acd-tui",
                "data": ".local/share/acd-tui",
                "state": ".local/state/acd-tui",
                "cache": ".cache/acd-tui",
                "logs": ".local/state/acd-tui/log",
            },
        ),
        (
            MacOS,
            {
                "config": "Library/Application Support/acd-tui",
                "data": "Library/Application Support/acd-tui",
                "state": "Library/Application Support/acd-tui",
                "cache": "Library/Caches/acd-tui",
                "logs": "Library/Logs/acd-tui",
            },
        ),
    ],
    ids=["Linux", "macOS"],
)
def test_each_system_has_its_places(
    system: type[PlatformDirsABC],
    folders: dict[str, str],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    monkeypatch.setattr(platformdirs, "PlatformDirs", system)
    locations = Locations.from_environment({})
    found = {name: str(getattr(locations, name).relative_to(home)) for name in folders}
    assert found == folders


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Denied, match=r"file/sub") as caught:
        private_folder(tmp_path / "file" / "sub")
    assert "ACD_TUI_HOME" in (caught.value.hint or "")
