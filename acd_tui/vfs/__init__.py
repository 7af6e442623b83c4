"""What a filesystem is to the rest of the program: one protocol, whatever is behind."""
