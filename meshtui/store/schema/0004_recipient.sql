-- A radio brings an id of its own: which of ours a direct message was for.
ALTER TABLE message ADD COLUMN recipient TEXT;                            -- NULL: it does not say
