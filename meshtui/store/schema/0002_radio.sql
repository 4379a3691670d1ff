-- What is known of earlier rows: nothing was signed, and a way is as likely to hold as not.

ALTER TABLE message ADD COLUMN is_signed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE route ADD COLUMN confidence REAL NOT NULL DEFAULT 0.5;  -- 0..1

-- What radios spent of their duty cycles: it is the law's hour, not that of one run.
CREATE TABLE airtime (
  network TEXT NOT NULL,
  link_id TEXT NOT NULL,
  minute INTEGER NOT NULL,                   -- in which it ended, since 1970 UTC
  own_ms INTEGER NOT NULL,
  relayed_ms INTEGER NOT NULL,
  PRIMARY KEY (network, link_id, minute)
) WITHOUT ROWID;
