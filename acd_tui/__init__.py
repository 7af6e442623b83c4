"""A two-pane terminal file manager for Amazon Drive, with a server of its own."""

__version__ = "0.1.0"
