-- Description: Add last_login_ip to web_users

-- A new column is NULL in every row that is there, or has its DEFAULT. No row is rewritten, so this is fast
-- however long the table is.

-- up
ALTER TABLE web_users ADD COLUMN last_login_ip TEXT;

-- down
-- The addresses are lost with the column.
ALTER TABLE web_users DROP COLUMN last_login_ip;
