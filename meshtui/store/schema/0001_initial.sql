-- Foreign text that UTF-8 cannot hold (lone surrogates) is stored as a BLOB in a TEXT column.

CREATE TABLE conversation (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,                 -- ConversationId: jsonmesh/#paris
  network TEXT NOT NULL,
  target TEXT NOT NULL,                      -- node id, or channel name without our '#'
  is_channel INTEGER NOT NULL,
  last_read INTEGER NOT NULL DEFAULT 0,      -- message.id
  notify TEXT NOT NULL DEFAULT 'all',
  draft TEXT NOT NULL DEFAULT ''
);

CREATE TABLE message (
  id INTEGER PRIMARY KEY,                    -- Message.order: order of arrival, whatever clocks say
  conversation INTEGER NOT NULL,
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  body TEXT NOT NULL,
  sent_at_ms INTEGER NOT NULL,
  received_at_ms INTEGER NOT NULL,
  proof TEXT NOT NULL,
  hops INTEGER,
  route TEXT NOT NULL,                       -- JSON array, or empty
  rssi_dbm INTEGER,
  snr_db REAL,
  link_id TEXT,
  is_late INTEGER NOT NULL,
  mentions_me INTEGER NOT NULL,
  state TEXT,                                -- NULL: somebody else's message
  attempt INTEGER NOT NULL DEFAULT 0,
  rtt_ms INTEGER,
  reason TEXT NOT NULL DEFAULT '',
  repeats INTEGER NOT NULL DEFAULT 0,
  expects_ack INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX message_identity ON message (conversation, sender, message_id);
CREATE INDEX message_history ON message (conversation, id);
CREATE INDEX message_unread ON message (conversation, id, sender, mentions_me) WHERE state IS NULL;
CREATE UNIQUE INDEX message_own ON message (conversation, message_id) WHERE state IS NOT NULL;
CREATE INDEX message_outbox ON message (id) WHERE state IN ('queued', 'sending', 'sent', 'relayed');

CREATE VIRTUAL TABLE message_text USING fts5 (
  text, content = 'message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE node (
  network TEXT NOT NULL,
  node_id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  pin TEXT NOT NULL,
  rival_key TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  lat REAL,
  lng REAL,
  is_online INTEGER,
  last_heard_ms INTEGER NOT NULL,
  hops INTEGER,
  rssi_dbm INTEGER,
  snr_db REAL,
  link_id TEXT,
  caps TEXT NOT NULL,                        -- JSON array, sorted
  writes_bare_text INTEGER NOT NULL,
  PRIMARY KEY (network, node_id)
) WITHOUT ROWID;
CREATE INDEX node_heard ON node (last_heard_ms);

-- What the user said about nodes; apart, so that nothing heard or evicted touches it.
CREATE TABLE mark (
  network TEXT NOT NULL,
  node_id TEXT NOT NULL,
  is_favourite INTEGER NOT NULL,
  is_blocked INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (network, node_id)
) WITHOUT ROWID;

CREATE TABLE route (
  network TEXT NOT NULL,
  node_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  hops INTEGER NOT NULL,
  via TEXT NOT NULL,                         -- JSON array, from us to the node
  last_seen_ms INTEGER NOT NULL,
  rssi_dbm INTEGER,
  latency_ms INTEGER,
  source TEXT NOT NULL,
  PRIMARY KEY (network, node_id, link_id)
) WITHOUT ROWID;
CREATE INDEX route_seen ON route (last_seen_ms);

CREATE TABLE channel (
  network TEXT NOT NULL,
  name TEXT NOT NULL,
  is_joined INTEGER NOT NULL,
  description TEXT NOT NULL,
  creator TEXT NOT NULL,
  is_public INTEGER NOT NULL,
  announced_at_ms INTEGER NOT NULL,
  PRIMARY KEY (network, name)
) WITHOUT ROWID;

CREATE TABLE digest (
  network TEXT NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (network, digest)
) WITHOUT ROWID;

CREATE TABLE metric (
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (name, label)
) WITHOUT ROWID;
