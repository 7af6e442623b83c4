-- Links and devices are never copied; that is said, and is no failure.

ALTER TABLE problems ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
