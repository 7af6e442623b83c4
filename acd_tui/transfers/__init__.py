"""The transfer engine: a durable queue of copies between any two filesystems."""
