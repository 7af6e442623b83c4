"""Signing in, keeping the token, and putting it on requests."""
