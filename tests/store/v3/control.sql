PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE tenant (
	id INTEGER PRIMARY KEY AUTOINCREMENT,	-- never given twice
	name TEXT NOT NULL UNIQUE,
	folder TEXT NOT NULL,			-- random, under DATA/tenants
	plan TEXT NOT NULL,			-- standard, enterprise
	rate INTEGER NOT NULL,			-- requests a minute, 0: no limit
	retention_days INTEGER NOT NULL,
	created INTEGER NOT NULL
) STRICT;
INSERT INTO tenant VALUES(1,'acme','r4xzpqpfeplxlik72gstckjkgm','enterprise',1000,90,1795696226062960923);
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
INSERT INTO api_key VALUES('2M97jpIE',1,'gone',2,X'e19e03110428bd4a2c0dc47e7528dd6ce8f804b7efaf55f87adcd59e6d974827',1795696226117243984,4949296226117243984,1795696226124959856,'127.0.0.0/8','');
INSERT INTO api_key VALUES('FcvFQlOw',1,'sender',15,X'9eef1b842a3a9d41fc279458fa9d1ecdc21c80652edd1bfc11131ac8ad6231dd',1795696226107816159,4949296226107816159,0,'127.0.0.0/8','');
INSERT INTO api_key VALUES('rthrnd0Y',1,'first',15,X'038dc887d72b1ad2fd7be8eb2bd2dcdabb37307b3b5f7b495e69c7a99d393c16',1795696226096450512,1803472226096450512,0,'','');
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	tenant INTEGER NOT NULL,		-- 0: the whole server
	what TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash BLOB NOT NULL			-- SHA-256(hash of the line before, fields)
) STRICT;
INSERT INTO audit VALUES(1,1795696226072847073,'tool',1,'tenant.add','acme',X'1d1ace65467e7d90e5f74c1bafb220c9611dd91d64693ecde3564047716a468e');
INSERT INTO audit VALUES(2,1795696226096450512,'tool',1,'key.add','rthrnd0Y first',X'3df67e2c7b594dbfe689175617b19ef6b7348fbdb987e073e3000f58b9fc1095');
INSERT INTO audit VALUES(3,1795696226107816159,'tool',1,'key.add','FcvFQlOw sender',X'0dc61e133222ab3cfb27be9478ac8cd8f6519f9baebfd3470233352ed78f9e15');
INSERT INTO audit VALUES(4,1795696226117243984,'tool',1,'key.add','2M97jpIE gone',X'78b4f70436264717e83c3037416a4172d6672707229f0195cddd78ae5a0fb4f2');
INSERT INTO audit VALUES(5,1795696226124959856,'tool',1,'key.revoke','2M97jpIE',X'9190d5af18ff5580cac20f3bf19e25292cc3978188a295824673853396809f1b');
INSERT INTO audit VALUES(6,1795696226296857359,'tool',0,'administrator.invite','an operator',X'5b43c989f04520e4d74fbf9b2faabf6715de7e02327567519dc62abc1edb52d3');
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
INSERT INTO invitation VALUES(X'9c13c9d2ac82403c976f60c5cb0e27a0b56c07d4f63556b423e7f29bfcfaa9ca','',0,1795782626296857359);
CREATE TABLE session (
	hash BLOB PRIMARY KEY,			-- SHA-256 of the cookie
	administrator INTEGER NOT NULL REFERENCES administrator(id),
	created INTEGER NOT NULL,
	seen INTEGER NOT NULL			-- to the minute
) STRICT, WITHOUT ROWID;
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
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('tenant',1);
INSERT INTO sqlite_sequence VALUES('audit',6);
CREATE INDEX api_key_tenant ON api_key(tenant);
CREATE INDEX session_administrator ON session(administrator);
CREATE INDEX answer_at ON answer(at);
CREATE INDEX audit_tenant ON audit(tenant, seq);
COMMIT;
PRAGMA user_version=2;
