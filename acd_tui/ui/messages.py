"""Messages that widgets send each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from acd_tui.transfers.model import QueueSnapshot

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane


class Woken(Message):
    """The session sent events; they wait in the app's inbox."""

    bubble = False

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Woken)


class QueueChanged(Message):
    """The queue is not what it was at the last look."""

    def __init__(self, snapshot: QueueSnapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, QueueChanged)


class PaneActivated(Message):
    """A pane got the focus and is now the one that actions apply to."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane


class PaneWent(Message):
    """A pane goes to another place; `Pane.target` says where."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane


class ListingShown(Message):
    """A pane shows another listing, or the same one in another form."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane


class ActionChosen(Message):
    """Something that stands for an action was clicked."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action


class FoldersSeen(Message):
    """The session told that folders changed; for the screens above the panes."""

    bubble = False

    def __init__(self, filesystem: str) -> None:
        super().__init__()
        self.filesystem = filesystem
