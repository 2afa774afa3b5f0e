-- Description: Add user preferences table
-- Requires: 20260112091530

-- up
CREATE TABLE user_preferences (
    id INTEGER PRIMARY KEY,
    user_id INTEGER UNIQUE NOT NULL REFERENCES web_users (id) ON DELETE CASCADE,
    preferences TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(preferences))
);

-- Schema and data can change together: users who are already there get a row each.
INSERT INTO user_preferences (user_id) SELECT id FROM web_users ORDER BY id;

-- down
-- What people chose in the meantime is lost with the table.
DROP TABLE user_preferences;
