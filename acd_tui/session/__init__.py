"""Everything wired together: the only place that names concrete classes."""
