"""The disk of this machine as a filesystem."""
