-- With the key as it was written, users that have it are counted and found in the index alone.
DROP INDEX user_metadata_by_key;
CREATE INDEX user_metadata_by_key ON user_metadata (instance_id, key_lower, user_id, key);
-- The same for first names, which many share.
DROP INDEX users_by_first_name;
CREATE INDEX users_by_first_name ON users (instance_id, first_name_lower, id, org_id, first_name);
-- What many users share, in the order of lists: pages and totals are found here without the rows.
DROP INDEX users_by_state;
CREATE INDEX users_searched ON users (instance_id, id, org_id, kind, state, nick_name_lower, phone, first_name_lower, first_name);
CREATE INDEX authorizations_by_change ON authorizations (instance_id, changed_at, id);
