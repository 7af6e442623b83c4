"""The whole group `config`; some of its commands are in a module of their own."""

from __future__ import annotations

from acd_tui.cli.config import config
from acd_tui.cli.config_secrets import (
    copy,
    export,
    import_,
    password,
    reconnect,
    rename,
)

for command in (rename, copy, reconnect, import_, export, password):
    config.add_command(command)

__all__ = ["config"]
