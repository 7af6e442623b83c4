"""How a copy or a move is to be made."""

from __future__ import annotations

import msgspec

from acd_tui.transfers.model import ConflictPolicy, CopyOptions


class How(msgspec.Struct, frozen=True, kw_only=True):
    """What was said on the command line, besides from where and to where.

    Attributes:
        policy: what to do where something else is.
        options: as the queue keeps them.
        slots: files at a time; None as it is set.
        bwlimit: bytes a second, as text; None as it is set.
        checkers: files compared at the same time by a dry run.
        tries: how often one call of a drive is sent; None for the usual number.
        dry_run: do nothing, say what would be done.
        progress: say how far it is meanwhile.
        verbose: name each file.
        error_on_no_transfer: whether it is an error if nothing moved.
        as_json: report as JSON.
    """

    policy: ConflictPolicy
    options: CopyOptions
    slots: int | None
    bwlimit: str | None
    checkers: int
    tries: int | None
    dry_run: bool
    progress: bool
    verbose: bool
    error_on_no_transfer: bool
    as_json: bool
