-- Description: Require an email address of every web user
-- Requires: 20260219154417, 20260402142650

-- ALTER COLUMN email SET NOT NULL would do in the SQLite that godwit carries. Older ones need what is shown here,
-- and so does every change that ALTER TABLE has no word for (a type, a key): the table is built anew. A new table,
-- the rows, the old one away, the new one in its place; then its indexes and triggers, which went with the old one.
--
-- user_sessions and user_preferences point at web_users with ON DELETE CASCADE. With foreign keys enforced,
-- DROP TABLE would empty them. godwit switches enforcement off while migrations run, and checks all keys at the
-- end of each one; no PRAGMA is needed.

-- up
-- Names first. Nobody can ever own an address under .invalid, so no mail reaches a stranger.
UPDATE web_users SET email = username || '@example.invalid' WHERE email IS NULL OR trim(email) = '';

CREATE TABLE web_users_new (
    id INTEGER PRIMARY KEY,
    username TEXT UNIQUE NOT NULL,
    email TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    last_login_ip TEXT,
    role TEXT NOT NULL DEFAULT 'viewer'
);

-- Name the columns: SELECT * would put values into the wrong ones as soon as the order differs.
INSERT INTO web_users_new (id, username, email, created_at, last_login_ip, role)
SELECT id, username, email, created_at, last_login_ip, role FROM web_users;

DROP TABLE web_users;
ALTER TABLE web_users_new RENAME TO web_users;

CREATE UNIQUE INDEX idx_web_users_email ON web_users (email);

-- verify
-- NOT NULL sees to the missing ones; this finds what is there but is no address.
SELECT id, username, email FROM web_users WHERE email NOT LIKE '%_@_%';

-- down
-- The same with a nullable email. Addresses that were filled in, and not changed since, are taken out again;
-- what was an empty text before is NULL then.
CREATE TABLE web_users_new (
    id INTEGER PRIMARY KEY,
    username TEXT UNIQUE NOT NULL,
    email TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    last_login_ip TEXT,
    role TEXT NOT NULL DEFAULT 'viewer'
);

INSERT INTO web_users_new (id, username, email, created_at, last_login_ip, role)
SELECT id, username, nullif(email, username || '@example.invalid'), created_at, last_login_ip, role
FROM web_users;

DROP TABLE web_users;
ALTER TABLE web_users_new RENAME TO web_users;

CREATE UNIQUE INDEX idx_web_users_email ON web_users (email);
