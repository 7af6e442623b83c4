-- What downloads that rest have got already is part of what is done. They are few.

CREATE INDEX transfers_kept ON transfers (job, done)
WHERE done > 0 AND target_fs = 'local'
    AND state IN ('queued', 'waiting', 'conflict', 'paused');
