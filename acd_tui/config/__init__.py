"""What the user configured: remotes and settings."""
