"""Errors of the service and of the mirror as those a filesystem may raise."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from acd_tui.api.errors import NameConflict, NodeNotFound, ParentNotFound
from acd_tui.db import DatabaseError, DatabaseFull
from acd_tui.errors import (
    AcdError,
    Denied,
    Exists,
    FolderNotFound,
    Full,
    NotEmpty,
    NotFound,
    SignInNeeded,
    Transient,
    Unreachable,
)
from acd_tui.vfs.path import VPath

_LAWFUL = (NotFound, Exists, NotEmpty, Denied, Full, Transient, SignInNeeded)


@contextlib.contextmanager
def errors_named(path: VPath) -> Iterator[None]:
    """Raise what goes wrong with `path` as an error of a filesystem."""
    try:
        yield
    except ParentNotFound as error:
        raise FolderNotFound(f"there is no folder {path.parent}") from error
    except NodeNotFound as error:
        raise NotFound(f"there is no {path}") from error
    except NameConflict as error:
        raise Exists(f"{path} is there already") from error
    except DatabaseFull as error:  # nobody's failure, and not that of the drive
        hint = "make room there; what waits for it goes on by itself"
        raise Unreachable(error.message, hint=hint) from error
    except _LAWFUL:
        raise
    except DatabaseError as error:
        raise Transient(error.message, hint=error.hint) from error
    except AcdError as error:
        raise Denied(f"{path}: {error.message}", hint=error.hint) from error
