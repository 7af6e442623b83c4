"""Amazon Drive as a filesystem: names, the mirror, its feed, uploads and downloads."""
