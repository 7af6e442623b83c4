-- What had arrived when nothing was left to do last: history, not progress. Kept, so that
-- all processes say the same of a queue, also after a restart in the middle of it.

ALTER TABLE queue ADD COLUMN past INTEGER NOT NULL DEFAULT 0;       -- done or skipped
ALTER TABLE queue ADD COLUMN past_size INTEGER NOT NULL DEFAULT 0;  -- their bytes
