-- Keys that do not follow from a channel's name: the file is its owner's alone (0600).
ALTER TABLE channel ADD COLUMN secret BLOB;                               -- NULL: there is none

ALTER TABLE node ADD COLUMN is_contact INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN claimed_at_s INTEGER NOT NULL DEFAULT 0;      -- Unix seconds
