-- Which jobs a command or a window waits for, and until when that holds; job 0 is all of
-- them. Who waits says so again and again, so that it lapses soon after its process died.

CREATE TABLE wanted (
    job INTEGER PRIMARY KEY,
    until REAL NOT NULL
);
