"""One module per section of Amazon's reference."""
