PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE hook (
	hook INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,		-- wh_...
	tenant INTEGER NOT NULL,
	url TEXT NOT NULL,
	description TEXT NOT NULL,
	events INTEGER NOT NULL,		-- bits
	min_grade INTEGER NOT NULL,		-- enum grade
	min_score REAL NOT NULL,
	secret TEXT NOT NULL,			-- whsec_...: signing needs it whole
	old_secret TEXT NOT NULL,		-- the one before, until:
	old_until INTEGER NOT NULL,
	enabled INTEGER NOT NULL,
	why TEXT NOT NULL,			-- it is not
	created INTEGER NOT NULL,
	position INTEGER NOT NULL,		-- change.seq of its graph.db
	failures INTEGER NOT NULL,		-- attempts in a row
	retry INTEGER NOT NULL,
	success INTEGER NOT NULL
) STRICT;
CREATE TABLE told (				-- which chain, at its best grade
	hook INTEGER NOT NULL,
	chain TEXT NOT NULL,			-- ch-...
	grade INTEGER NOT NULL,
	PRIMARY KEY (hook, chain)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
	delivery INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,		-- msg_...: the webhook-id, for ever
	hook INTEGER NOT NULL,
	change INTEGER,				-- change.seq told by it
	type TEXT NOT NULL,
	body TEXT NOT NULL,			-- the bytes that are sent
	created INTEGER NOT NULL,
	begun INTEGER NOT NULL,			-- first due, or due again by hand
	state INTEGER NOT NULL,			-- 0 waiting, 1 delivered, 2 dead
	attempts INTEGER NOT NULL,
	next INTEGER NOT NULL,
	last INTEGER NOT NULL,
	status INTEGER NOT NULL,		-- of the last answer, 0: none
	error TEXT NOT NULL,
	latency_ms INTEGER NOT NULL,
	UNIQUE (hook, change)
) STRICT;
CREATE TABLE idem (				-- as in graph.db
	scope TEXT NOT NULL,
	key TEXT NOT NULL,
	at INTEGER NOT NULL,
	body_sha256 BLOB NOT NULL,
	status INTEGER NOT NULL,
	content_type TEXT NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
CREATE INDEX hook_tenant ON hook(tenant);
CREATE INDEX delivery_hook ON delivery(hook, delivery);
CREATE INDEX delivery_due ON delivery(hook, attempts, delivery, next)
	WHERE state = 0;
CREATE INDEX idem_at ON idem(at);
COMMIT;
PRAGMA user_version=1;
