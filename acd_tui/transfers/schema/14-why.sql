-- Why something could not be planned, as `transfers.failures` has it of a file that has
-- failed: what no number of tries can help, because there is no room, or how many it took.

ALTER TABLE problems ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
