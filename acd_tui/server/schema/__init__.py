"""Numbered migrations of the server's database."""
