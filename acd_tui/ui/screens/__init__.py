"""Screens; each takes what it needs and ends with a plain result."""
