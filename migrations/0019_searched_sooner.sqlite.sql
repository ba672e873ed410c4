-- The beginning of a metadata value has a name.
DROP INDEX user_metadata_by_value;
ALTER TABLE user_metadata ADD COLUMN value_start BLOB GENERATED ALWAYS AS (substr(value, 1, 64)) VIRTUAL;
CREATE INDEX user_metadata_by_value ON user_metadata (instance_id, value_start, user_id);

-- People in the order of their names, with what pages ask for. Service users have no such names, so their writes do not pay for it.
CREATE INDEX users_by_first_name ON users (instance_id, first_name_lower, id, org_id) WHERE first_name_lower > '';
CREATE INDEX users_by_last_name ON users (instance_id, last_name_lower, id, org_id) WHERE last_name_lower > '';
CREATE INDEX users_by_display_name ON users (instance_id, display_name_lower, id, org_id) WHERE display_name_lower > '';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('user_metadata', 'user_metadata_by_value', '1600000 100000 100 1'),
    ('users', 'users_by_first_name', '1600000 100000 10 1 1'),
    ('users', 'users_by_last_name', '1600000 100000 10 1 1'),
    ('users', 'users_by_display_name', '1600000 100000 2 1 1');
ANALYZE sqlite_schema;
