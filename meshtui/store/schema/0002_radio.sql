-- What is known of earlier rows: nothing was signed, and a way is as likely to hold as not.

ALTER TABLE message ADD COLUMN is_signed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE route ADD COLUMN confidence REAL NOT NULL DEFAULT 0.5;  -- 0..1
