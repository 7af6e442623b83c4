"""Amazon Drive's REST interface: ids and bytes, one module per section of it."""
