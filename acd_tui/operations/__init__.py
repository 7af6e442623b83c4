"""Changes of files and folders with their undo journal."""

from acd_tui.operations.service import Operations

__all__ = ["Operations"]
