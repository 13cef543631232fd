-- SPDX-License-Identifier: Apache-2.0
-- The schema of the four kinds of files. lib/store/schema.c holds the same
-- text, which a unit test compares; times are ns since 1970 UTC, 0: never.

-- ==== control.db: tenants, keys, audit
CREATE TABLE tenant (
	id INTEGER PRIMARY KEY AUTOINCREMENT,	-- never given twice
	name TEXT NOT NULL UNIQUE,
	folder TEXT NOT NULL,			-- random, under DATA/tenants
	plan TEXT NOT NULL,			-- standard, enterprise
	rate INTEGER NOT NULL,			-- requests a minute, 0: no limit
	retention_days INTEGER NOT NULL,
	created INTEGER NOT NULL
) STRICT;
CREATE TABLE api_key (
	id TEXT PRIMARY KEY,			-- the 8 characters inside the key
	tenant INTEGER NOT NULL REFERENCES tenant(id),
	name TEXT NOT NULL,
	scopes INTEGER NOT NULL,		-- bits
	hash BLOB NOT NULL,			-- SHA-256 of the key's text
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	revoked INTEGER NOT NULL,
	addresses TEXT NOT NULL,		-- CIDRs with commas; empty: all
	successor TEXT NOT NULL			-- key id after a rotation
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_tenant ON api_key(tenant);
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	tenant INTEGER NOT NULL,		-- 0: the whole server
	what TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash BLOB NOT NULL			-- SHA-256(hash of the line before, fields)
) STRICT;

-- ==== limits.db: what may be lost
CREATE TABLE bucket (
	name TEXT PRIMARY KEY,			-- t:TENANT or a:ADDRESS
	level INTEGER NOT NULL,			-- tokens x 60e9
	updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE key_used (
	id TEXT PRIMARY KEY,			-- api_key.id
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ==== graph.db: one tenant's graph
CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	number INTEGER NOT NULL DEFAULT 0,
	text TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TABLE word (
	id INTEGER PRIMARY KEY,
	text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE entity (
	id INTEGER PRIMARY KEY,
	kind INTEGER NOT NULL,			-- enum kind
	ref BLOB NOT NULL UNIQUE,		-- 16 bytes of SHA-256(kind, key)
	key TEXT NOT NULL,			-- what is compared
	name TEXT				-- what is shown; NULL: the key
) STRICT;
CREATE INDEX entity_shown ON entity(coalesce(name, key) COLLATE NOCASE);
CREATE TABLE block (
	block INTEGER PRIMARY KEY,
	size INTEGER NOT NULL,			-- bytes when unpacked
	data BLOB NOT NULL			-- raw records, one zstd frame
) STRICT;
CREATE TABLE event (
	ev INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE,		-- 16 bytes
	rank BLOB NOT NULL,			-- order tuple, 22 bytes
	host INTEGER NOT NULL,			-- entity or 0
	source INTEGER NOT NULL,		-- word
	type INTEGER NOT NULL,			-- word
	act INTEGER NOT NULL,			-- enum act
	outcome INTEGER NOT NULL,
	flags INTEGER NOT NULL,			-- EVENT_*
	severity INTEGER NOT NULL,
	ingested INTEGER NOT NULL,
	block INTEGER NOT NULL,			-- where the raw record lies
	start INTEGER NOT NULL,
	size INTEGER NOT NULL,
	sha256 BLOB NOT NULL,			-- of the raw record
	refs BLOB NOT NULL,			-- (role, kind, flags, entity) varints
	tags BLOB,				-- (technique, level, rule) varints
	extra TEXT,				-- outer members, JSON
	columns INTEGER NOT NULL		-- word: Zeek's column line, 0: none
) STRICT;
CREATE INDEX event_rank ON event(rank);
CREATE INDEX event_host ON event(host, rank) WHERE host <> 0;
CREATE TABLE variant (				-- same id, other bytes
	ev INTEGER NOT NULL,
	sha256 BLOB NOT NULL,
	block INTEGER NOT NULL,
	start INTEGER NOT NULL,
	size INTEGER NOT NULL,
	PRIMARY KEY (ev, sha256)
) STRICT, WITHOUT ROWID;
CREATE TABLE posting (				-- who plays which part, in order
	part INTEGER NOT NULL,			-- entity x 128 + role | SLOT_MINOR
	rank BLOB NOT NULL,
	ev INTEGER NOT NULL,
	PRIMARY KEY (part, rank, ev)
) STRICT, WITHOUT ROWID;
CREATE TABLE event_tag (
	technique INTEGER NOT NULL,
	rank BLOB NOT NULL,
	ev INTEGER NOT NULL,
	PRIMARY KEY (technique, rank, ev)
) STRICT, WITHOUT ROWID;
CREATE TABLE carrier (				-- who holds an artifact, up to 500
	entity INTEGER NOT NULL,
	kind INTEGER NOT NULL,			-- enum carrier
	carrier INTEGER NOT NULL,
	PRIMARY KEY (entity, kind, carrier)
) STRICT, WITHOUT ROWID;
CREATE TABLE unlink (				-- an analyst's "never these two"
	a INTEGER NOT NULL,			-- the smaller event
	b INTEGER NOT NULL,
	who TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE TABLE segment (
	seg INTEGER PRIMARY KEY AUTOINCREMENT,
	body BLOB NOT NULL,			-- the engine's, packed
	deps BLOB NOT NULL,			-- the engine's (entity, slot) pairs
	updated INTEGER NOT NULL		-- counter of changes
) STRICT;
CREATE INDEX segment_updated ON segment(updated);
CREATE TABLE label (
	ev INTEGER PRIMARY KEY,
	seg INTEGER NOT NULL,
	seed INTEGER NOT NULL,			-- 1: a seed of it
	strength REAL NOT NULL
) STRICT;
CREATE INDEX label_seg ON label(seg);
CREATE TABLE segment_art (			-- what shown events name
	entity INTEGER NOT NULL,
	seg INTEGER NOT NULL,
	PRIMARY KEY (entity, seg)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_art_seg ON segment_art(seg);
CREATE TABLE chain (				-- every chain there ever was
	chain INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE,		-- 16 bytes
	first_seed INTEGER NOT NULL,		-- event the id derives from
	version INTEGER NOT NULL,
	score REAL NOT NULL,			-- of that version
	live INTEGER NOT NULL,			-- 0: retired or merged away
	status TEXT NOT NULL,			-- analysts' words
	assignee TEXT NOT NULL,
	ticket TEXT NOT NULL,
	disposition TEXT NOT NULL
) STRICT;
CREATE INDEX chain_score ON chain(score DESC, id) WHERE live = 1;
CREATE TABLE chain_version (
	chain INTEGER NOT NULL,
	version INTEGER NOT NULL,
	at INTEGER NOT NULL,
	change TEXT NOT NULL,			-- "created", "late evidence"
	diff TEXT NOT NULL,			-- JSON
	grade INTEGER NOT NULL,
	score REAL NOT NULL,
	provable_share REAL NOT NULL,
	seeds INTEGER NOT NULL,
	seeds_proven INTEGER NOT NULL,
	root INTEGER NOT NULL,			-- event
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	tactics INTEGER NOT NULL,		-- bits
	title TEXT NOT NULL,
	techniques TEXT NOT NULL,
	body BLOB NOT NULL,			-- the engine's, packed
	PRIMARY KEY (chain, version)
) STRICT;
CREATE TABLE chain_member (
	ev INTEGER NOT NULL,
	chain INTEGER NOT NULL,
	PRIMARY KEY (ev, chain)
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_member_chain ON chain_member(chain, ev);
CREATE TABLE chain_entity (
	entity INTEGER NOT NULL,
	chain INTEGER NOT NULL,
	PRIMARY KEY (entity, chain)
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_entity_chain ON chain_entity(chain, entity);
CREATE TABLE chain_note (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	chain INTEGER NOT NULL,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,			-- status assignee ticket note disposition
	text TEXT NOT NULL
) STRICT;
CREATE INDEX chain_note_chain ON chain_note(chain, seq);
CREATE TABLE change (				-- what live and webhooks read
	seq INTEGER PRIMARY KEY AUTOINCREMENT,	-- never given twice
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,			-- chain.created ...
	chain BLOB,				-- chain.id
	data TEXT NOT NULL			-- one line of JSON
) STRICT;
CREATE TABLE idem (				-- answers kept for 24 h
	scope TEXT NOT NULL,			-- method and path
	key TEXT NOT NULL,
	at INTEGER NOT NULL,
	body_sha256 BLOB NOT NULL,
	status INTEGER NOT NULL,
	content_type TEXT NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idem_at ON idem(at);
CREATE TABLE coverage (
	host INTEGER NOT NULL,			-- entity or 0
	source INTEGER NOT NULL,		-- word
	events INTEGER NOT NULL,
	strong_process INTEGER NOT NULL,
	strong_session INTEGER NOT NULL,
	strong_token INTEGER NOT NULL,
	weak_process INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	lag_ms INTEGER NOT NULL,		-- the longest
	PRIMARY KEY (host, source)
) STRICT, WITHOUT ROWID;

-- ==== graph.db, step 2: what triage counts
CREATE TABLE alert (				-- as what a detection counts
	ev INTEGER PRIMARY KEY,
	detector INTEGER NOT NULL,		-- word: which detection
	place INTEGER NOT NULL			-- word: where
) STRICT;
CREATE TABLE sighting (				-- sums that commute
	detector INTEGER NOT NULL,
	place INTEGER NOT NULL,			-- 0: anywhere
	hour INTEGER NOT NULL,			-- hours since 1970
	n INTEGER NOT NULL,			-- alerts
	slots INTEGER NOT NULL,			-- bits: ten-minute slots with any
	PRIMARY KEY (detector, place, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_place ON sighting(place, hour, detector, slots);
CREATE INDEX chain_judged ON chain(chain) WHERE disposition <> '';

-- ==== graph.db, step 3: what an event says was done
ALTER TABLE event ADD COLUMN action INTEGER NOT NULL DEFAULT 0; -- word

-- ==== graph.db, step 4: investigations as they were answered
CREATE TABLE investigation (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	id BLOB NOT NULL UNIQUE,		-- 16 bytes
	chain BLOB NOT NULL,			-- chain.id
	version INTEGER NOT NULL,		-- of the chain
	at INTEGER NOT NULL,
	who TEXT NOT NULL,			-- key id
	audience TEXT NOT NULL,
	grade INTEGER NOT NULL,
	score REAL NOT NULL,
	title TEXT NOT NULL,
	model TEXT NOT NULL,			-- that was asked; empty: none
	fallback TEXT NOT NULL,			-- why it says nothing; empty: it does
	size INTEGER NOT NULL,			-- bytes when unpacked
	body BLOB NOT NULL			-- JSON, one zstd frame
) STRICT;
CREATE INDEX investigation_chain ON investigation(chain, seq);

-- ==== graph.db, step 5: sums from which an alert can be taken away again
DROP TABLE sighting;
CREATE TABLE sighting (				-- by ten-minute slot of the hour
	detector INTEGER NOT NULL,
	place INTEGER NOT NULL,			-- 0: anywhere
	hour INTEGER NOT NULL,			-- hours since 1970
	s0 INTEGER NOT NULL,			-- alerts; anywhere: places with any
	s1 INTEGER NOT NULL,
	s2 INTEGER NOT NULL,
	s3 INTEGER NOT NULL,
	s4 INTEGER NOT NULL,
	s5 INTEGER NOT NULL,
	PRIMARY KEY (detector, place, hour)
) STRICT, WITHOUT ROWID;
INSERT INTO sighting				-- the time is in rank, in hex
	SELECT detector, place, slot / 6, sum(slot % 6 = 0),
	sum(slot % 6 = 1), sum(slot % 6 = 2), sum(slot % 6 = 3),
	sum(slot % 6 = 4), sum(slot % 6 = 5)
	FROM (SELECT detector, place, (
	(instr(x, substr(h,1,1)) - 9 << 60) + (instr(x, substr(h,2,1)) - 1 << 56) +
	(instr(x, substr(h,3,1)) - 1 << 52) + (instr(x, substr(h,4,1)) - 1 << 48) +
	(instr(x, substr(h,5,1)) - 1 << 44) + (instr(x, substr(h,6,1)) - 1 << 40) +
	(instr(x, substr(h,7,1)) - 1 << 36) + (instr(x, substr(h,8,1)) - 1 << 32) +
	(instr(x, substr(h,9,1)) - 1 << 28) + (instr(x, substr(h,10,1)) - 1 << 24) +
	(instr(x, substr(h,11,1)) - 1 << 20) + (instr(x, substr(h,12,1)) - 1 << 16) +
	(instr(x, substr(h,13,1)) - 1 << 12) + (instr(x, substr(h,14,1)) - 1 << 8) +
	(instr(x, substr(h,15,1)) - 1 << 4) + (instr(x, substr(h,16,1)) - 1))
	/ 600000000000 AS slot
	FROM (SELECT detector, place, hex(rank) AS h,
	'0123456789ABCDEF' AS x FROM alert JOIN event USING (ev)))
	GROUP BY detector, place, slot / 6;
INSERT INTO sighting
	SELECT detector, 0, hour, sum(s0 > 0), sum(s1 > 0), sum(s2 > 0),
	sum(s3 > 0), sum(s4 > 0), sum(s5 > 0)
	FROM sighting GROUP BY detector, hour;
CREATE INDEX sighting_place ON sighting(place, hour, detector);

-- ==== control.db, step 2: people and what they may
CREATE TABLE administrator (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE COLLATE NOCASE,
	tenant INTEGER NOT NULL,		-- 0: operator, all tenants
	password TEXT NOT NULL,			-- Argon2id with its parameters
	created INTEGER NOT NULL
) STRICT;
CREATE TABLE invitation (			-- one-time tokens
	hash BLOB PRIMARY KEY,			-- SHA-256 of the token
	name TEXT NOT NULL,			-- whose new password; empty: anyone's
	tenant INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
	hash BLOB PRIMARY KEY,			-- SHA-256 of the cookie
	administrator INTEGER NOT NULL REFERENCES administrator(id),
	created INTEGER NOT NULL,
	seen INTEGER NOT NULL			-- to the minute
) STRICT, WITHOUT ROWID;
CREATE INDEX session_administrator ON session(administrator);
CREATE TABLE answer (				-- idem of /admin, by who asked
	who TEXT NOT NULL,
	scope TEXT NOT NULL,
	key TEXT NOT NULL,
	at INTEGER NOT NULL,
	body_sha256 BLOB NOT NULL,
	status INTEGER NOT NULL,
	content_type TEXT NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (who, scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_at ON answer(at);
CREATE INDEX audit_tenant ON audit(tenant, seq);

-- ==== limits.db, step 2: sign-ins that failed, and use by the hour
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

-- ==== hooks.db: webhooks of all tenants and what is delivered to them
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
CREATE INDEX hook_tenant ON hook(tenant);
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
CREATE INDEX delivery_hook ON delivery(hook, delivery);
CREATE INDEX delivery_due ON delivery(hook, attempts, delivery, next)
	WHERE state = 0;
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
CREATE INDEX idem_at ON idem(at);

-- ==== control.db, step 3: alerts that a tenant wants to see last
CREATE TABLE suppression (
	no INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,		-- sup_...
	tenant INTEGER NOT NULL REFERENCES tenant(id),
	name TEXT NOT NULL,
	reason TEXT NOT NULL,
	rule TEXT NOT NULL,			-- patterns; empty: not asked for
	technique TEXT NOT NULL,
	host TEXT NOT NULL,
	account TEXT NOT NULL,
	entity TEXT NOT NULL,
	source TEXT NOT NULL,
	event_type TEXT NOT NULL,
	action TEXT NOT NULL,
	who TEXT NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	enabled INTEGER NOT NULL,
	hits INTEGER NOT NULL,			-- alerts that it covered
	last_hit INTEGER NOT NULL,		-- time of the latest of them
	counted INTEGER NOT NULL		-- event up to which hits were counted
) STRICT;
CREATE INDEX suppression_tenant ON suppression(tenant, no);

-- ==== control.db, step 4: each tenant's choice of rules
CREATE TABLE rule_choice (			-- grows with every change of it
	tenant INTEGER PRIMARY KEY REFERENCES tenant(id),
	version INTEGER NOT NULL
) STRICT;
CREATE TABLE rule_off (				-- rules, and packs of the server
	tenant INTEGER NOT NULL REFERENCES tenant(id),
	pack INTEGER NOT NULL,			-- 1: id is a pack's name
	id TEXT NOT NULL,
	who TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (tenant, pack, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE pack (				-- rules of the tenant's own
	no INTEGER PRIMARY KEY AUTOINCREMENT,
	tenant INTEGER NOT NULL REFERENCES tenant(id),
	name TEXT NOT NULL,
	enabled INTEGER NOT NULL,
	who TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	UNIQUE (tenant, name)
) STRICT;
CREATE TABLE pack_file (
	pack INTEGER NOT NULL REFERENCES pack(no),
	file TEXT NOT NULL,
	text TEXT NOT NULL,			-- YAML, as it was sent
	PRIMARY KEY (pack, file)
) STRICT, WITHOUT ROWID;
