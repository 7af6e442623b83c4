-- Another number after any change of nodes: what is known of them by heart is good until
-- then. The feed looks every half minute, and mostly finds nothing.
ALTER TABLE position ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
