-- With the key as it was written, users that have it are counted and found in the index alone.
DROP INDEX user_metadata_by_key;
CREATE INDEX user_metadata_by_key ON user_metadata (instance_id, key_lower, user_id, key);
-- The same for first names, which many share.
DROP INDEX users_searched;
CREATE INDEX users_searched ON users (instance_id, id, org_id, kind, state, created_at, user_name_lower, email_lower,
    display_name_lower, first_name_lower, last_name_lower, nick_name_lower, name_lower, phone, first_name);
CREATE INDEX authorizations_by_change ON authorizations (instance_id, changed_at, id);

DELETE FROM sqlite_stat1 WHERE idx IN ('user_metadata_by_key', 'users_searched');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('user_metadata', 'user_metadata_by_key', '1600000 100000 1000 1 1'),
    ('authorizations', 'authorizations_by_change', '800000 50000 2 1'),
    ('users', 'users_searched', '1600000 100000 2 1 1 1 1 1 1 1 1 1 1 1 1 1 sz=180');
ANALYZE sqlite_schema;
