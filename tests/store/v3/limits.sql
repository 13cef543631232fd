PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE bucket (
	name TEXT PRIMARY KEY,			-- t:TENANT or a:ADDRESS
	level INTEGER NOT NULL,			-- tokens x 60e9
	updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE key_used (
	id TEXT PRIMARY KEY,			-- api_key.id
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sign_in (
	who TEXT PRIMARY KEY,			-- client address, digest of the name
	failures INTEGER NOT NULL,
	at INTEGER NOT NULL			-- of the last one
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
	tenant INTEGER NOT NULL,
	hour INTEGER NOT NULL,			-- hours since 1970
	requests INTEGER NOT NULL,		-- let through
	refused INTEGER NOT NULL,		-- over the rate
	events INTEGER NOT NULL,		-- accepted
	bytes INTEGER NOT NULL,			-- of bodies they came in
	minute INTEGER NOT NULL,		-- the latest minute counted
	in_minute INTEGER NOT NULL,		-- requests in it
	peak INTEGER NOT NULL,			-- most requests in one minute
	PRIMARY KEY (tenant, hour)
) STRICT, WITHOUT ROWID;
COMMIT;
PRAGMA user_version=2;
