-- Users by state, with what else lists ask for and no index had: kinds, nick names and phone numbers are found, sorted and counted
-- in it without the rows.
CREATE INDEX users_by_state ON users (instance_id, state, id, org_id, kind, nick_name_lower, phone);
-- Service users show their name where people show their display name.
DROP INDEX users_by_display_name;
CREATE INDEX users_by_display_name ON users (instance_id, display_name_lower, id, org_id, kind, name_lower);
