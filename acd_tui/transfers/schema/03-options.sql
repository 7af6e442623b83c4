-- How a job's copies are made: what differs from the usual, as JSON.

ALTER TABLE jobs ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
