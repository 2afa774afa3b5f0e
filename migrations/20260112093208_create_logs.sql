-- Description: Create the logs table
-- Requires: 20260112091530

-- Requires names the migrations that this one builds on: here web_users, which user_id points at.

-- up
CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    user_id INTEGER REFERENCES web_users (id) ON DELETE SET NULL    -- a line outlives the user it is about
);

CREATE INDEX idx_logs_created ON logs (created_at);

-- down
DROP TABLE logs;
