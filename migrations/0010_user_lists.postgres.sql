-- Lists of users are in the order of their ids unless asked otherwise: with the id in the index, a page is reached without
-- reading the rows before it.
DROP INDEX users_by_org;
CREATE INDEX users_by_org ON users (instance_id, org_id, id);
