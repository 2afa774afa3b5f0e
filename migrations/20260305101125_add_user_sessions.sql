-- Description: Add session tracking table
-- Requires: 20260112091530

-- ON DELETE CASCADE: a user's sessions go with the user.

-- up
CREATE TABLE user_sessions (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    session_token TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (user_id) REFERENCES web_users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX idx_sessions_token ON user_sessions (session_token);
CREATE INDEX idx_sessions_user ON user_sessions (user_id, expires_at);

-- down
-- Everybody has to log in again after this.
DROP TABLE user_sessions;
