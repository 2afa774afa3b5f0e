-- Description: Create the web users table

-- Everything under "up" happens when the migration is applied, all of it or nothing.
-- No BEGIN and no COMMIT: each migration already runs inside a transaction.

-- up
CREATE TABLE web_users (
    id INTEGER PRIMARY KEY,
    username TEXT UNIQUE NOT NULL,
    email TEXT,
    is_admin BOOLEAN NOT NULL DEFAULT 0,    -- SQLite keeps booleans as 0 and 1, but accepts anything
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- A UNIQUE index lets any number of rows have no email at all.
CREATE UNIQUE INDEX idx_web_users_email ON web_users (email);

-- down
-- This undoes what "up" did. A table takes its indexes with it.
DROP TABLE web_users;
