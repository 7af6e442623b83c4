"""Everything wired together: the only place that names concrete classes."""

from acd_tui.session.core import GivenRemote, Session

__all__ = ["GivenRemote", "Session"]
