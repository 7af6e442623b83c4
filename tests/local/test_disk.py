"""What the operating system says is wrong, in the words of a filesystem."""

from __future__ import annotations

import errno

import pytest

from acd_tui.errors import Denied, Full, NotFound, Transient
from acd_tui.local.disk import errors_named
from acd_tui.vfs.path import VPath


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOENT, NotFound),
        (errno.ENOSPC, Full),
        (errno.EDQUOT, Full),
        (errno.EIO, Transient),
        (errno.ESTALE, Transient),
        # Of a disk that another machine has, while that is away.
        (errno.ENOTCONN, Transient),
        (errno.EHOSTDOWN, Transient),
        (errno.EHOSTUNREACH, Transient),
        (errno.ENETUNREACH, Transient),
        (errno.ETIMEDOUT, Transient),
        (errno.EACCES, Denied),
        (errno.EROFS, Denied),
    ],
)
def test_what_passes_and_what_stays(code: int, kind: type[Exception]) -> None:
    with pytest.raises(kind), errors_named(VPath.parse("/far/file")):
        raise OSError(code, "words")
