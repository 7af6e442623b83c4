-- Finds where else in the drive a content is.

CREATE INDEX content ON node (md5) WHERE md5 IS NOT NULL;
