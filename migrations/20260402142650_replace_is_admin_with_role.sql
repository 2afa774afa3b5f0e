-- Description: Replace is_admin with a role
-- Requires: 20260219154417

-- Administrators get the role 'admin', everybody else 'viewer'. SQLite accepts anything in a BOOLEAN column,
-- so a value that is neither 0 nor 1 is not guessed at: it becomes a role that "verify" finds.

-- up
ALTER TABLE web_users ADD COLUMN role TEXT NOT NULL DEFAULT 'viewer';

UPDATE web_users SET role = CASE is_admin
    WHEN 1 THEN 'admin'
    WHEN 0 THEN 'viewer'
    ELSE 'unknown: ' || is_admin
END;

ALTER TABLE web_users DROP COLUMN is_admin;

-- verify
-- Runs after "up". Each row returned is a violation; one is enough to roll the migration back.
SELECT id, username, role FROM web_users WHERE role NOT IN ('admin', 'viewer');

-- down
-- What comes back: is_admin, 1 for the role 'admin' and 0 for every other.
-- What does not: roles that were added since.
-- ADD COLUMN would put is_admin last. To have it in its old place the table is built anew: a new table, the rows,
-- the old one away, the new one in its place. Then its indexes.
CREATE TABLE web_users_new (
    id INTEGER PRIMARY KEY,
    username TEXT UNIQUE NOT NULL,
    email TEXT,
    is_admin BOOLEAN NOT NULL DEFAULT 0,    -- SQLite keeps booleans as 0 and 1, but accepts anything
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    last_login_ip TEXT
);

INSERT INTO web_users_new (id, username, email, is_admin, created_at, last_login_ip)
SELECT id, username, email, role = 'admin', created_at, last_login_ip FROM web_users;

DROP TABLE web_users;
ALTER TABLE web_users_new RENAME TO web_users;

CREATE UNIQUE INDEX idx_web_users_email ON web_users (email);
