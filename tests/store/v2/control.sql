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
INSERT INTO tenant VALUES(1,'acme','qwjdwaxltzvyed5q2sneagiwda','enterprise',1000,90,1795696224817078544);
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
INSERT INTO api_key VALUES('RGK5LQmf',1,'sender',15,X'a05e93aad72d1f433f1c9961bd005af1fa8212672e8fe5d8e63cb1807d26b766',1795696224901108964,4949296224901108964,0,'127.0.0.0/8','');
INSERT INTO api_key VALUES('SVdU9ZmP',1,'gone',2,X'08ca274c50a9b0289086723338fa5d237555a693b3bb45735f2691b7cfda7a84',1795696224945374567,4949296224945374567,1795696224968740120,'127.0.0.0/8','');
INSERT INTO api_key VALUES('rUsKX30y',1,'first',15,X'd9a18add55febdf2ab6d2ad34c2ffb216237272e57a8c9c9dafe9db4b651091a',1795696224824437591,1803472224824437591,0,'','');
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	tenant INTEGER NOT NULL,		-- 0: the whole server
	what TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash BLOB NOT NULL			-- SHA-256(hash of the line before, fields)
) STRICT;
INSERT INTO audit VALUES(1,1795696224820496219,'tool',1,'tenant.add','acme',X'825356102b246d48d5406a88055e18502813de76055839ebe6009f9947ce54ec');
INSERT INTO audit VALUES(2,1795696224824437591,'tool',1,'key.add','rUsKX30y',X'173df6925c49ecc68df72f5540b02637e3ddbd3c41262710a10403480163f4ba');
INSERT INTO audit VALUES(3,1795696224901108964,'tool',1,'key.add','RGK5LQmf',X'48f4fffd298602270a07b1a8feca2b4a2998eb6be64c9d5ec22fbc9eb38e7fc1');
INSERT INTO audit VALUES(4,1795696224945374567,'tool',1,'key.add','SVdU9ZmP',X'bd6a9450f91c5c18b76958c51b6fbad5a6d62715ef32bd36c3e102baea9d655f');
INSERT INTO audit VALUES(5,1795696224968740120,'tool',1,'key.revoke','SVdU9ZmP',X'171edb924e850720291c38d6562a21e1486847f00471d77d6ab2341c6e6dff5b');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('tenant',1);
INSERT INTO sqlite_sequence VALUES('audit',5);
CREATE INDEX api_key_tenant ON api_key(tenant);
COMMIT;
PRAGMA user_version=1;
