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
INSERT INTO tenant VALUES(1,'acme','yip7ytod672eumobceqfn7ibq4','enterprise',1000,90,1795696223833700660);
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
INSERT INTO api_key VALUES('mDxXdleH',1,'gone',2,X'435106cc0cd59c5cb76c8d9f2d9545f5cf1de8d7bc63b49716d5faea19db7315',1795696223895348217,4949296223895348217,1795696223927036396,'127.0.0.0/8','');
INSERT INTO api_key VALUES('sejAMyFd',1,'sender',15,X'5e0e5918275046a17d926ec625b2c6a77e004bd49d55cc1c4ef0e4e2313f4343',1795696223858926111,4949296223858926111,0,'127.0.0.0/8','');
INSERT INTO api_key VALUES('uf8u5u2r',1,'first',15,X'4922d8a834be0bc042f49db9f1753249732e0712b8bb38d5fd7cc36cb6a75b38',1795696223834492887,1803472223834492887,0,'','');
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	tenant INTEGER NOT NULL,		-- 0: the whole server
	what TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash BLOB NOT NULL			-- SHA-256(hash of the line before, fields)
) STRICT;
INSERT INTO audit VALUES(1,1795696223834109733,'tool',1,'tenant.add','acme',X'd41be14ac9f655561b72dc608fb65e4f3be6408c005216cc66ea4c3021c8ba2c');
INSERT INTO audit VALUES(2,1795696223834492887,'tool',1,'key.add','uf8u5u2r',X'ede0aa1802b2d0e41119b5000edbfb177373789a7eab4a0c1c12f004a67964e1');
INSERT INTO audit VALUES(3,1795696223858926111,'tool',1,'key.add','sejAMyFd',X'd42a585f290d3963e5bbc462fb945e7163fef89a446f599c9446b53f720429a1');
INSERT INTO audit VALUES(4,1795696223895348217,'tool',1,'key.add','mDxXdleH',X'47f2d2dc5aaad5cb4c2e8babe1596df3796550cdc92cd1751c0582a78e1a1878');
INSERT INTO audit VALUES(5,1795696223927036396,'tool',1,'key.revoke','mDxXdleH',X'937f0b913da9969c669d07c7d5582c15266486182fa083a8b3b5c79c42e4a25e');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('tenant',1);
INSERT INTO sqlite_sequence VALUES('audit',5);
CREATE INDEX api_key_tenant ON api_key(tenant);
COMMIT;
PRAGMA user_version=1;
