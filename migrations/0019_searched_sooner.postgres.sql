-- Users are found and counted by the beginning of a metadata value in the index alone, which PostgreSQL does for columns and not
-- for expressions.
ALTER TABLE user_metadata ADD COLUMN value_start BYTEA GENERATED ALWAYS AS (substr(value, 1, 64)) STORED;
DROP INDEX user_metadata_by_value;
CREATE INDEX user_metadata_by_value ON user_metadata (instance_id, value_start, user_id);
