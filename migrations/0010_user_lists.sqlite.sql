-- Lists of users are in the order of their ids unless asked otherwise: with the id in the index, a page is reached without
-- reading the rows before it.
DROP INDEX users_by_org;
CREATE INDEX users_by_org ON users (instance_id, org_id, id);

-- Without statistics, the order of the ids would draw the planner to that index even where a name or an address is given, which
-- finds the row at once. They are fixed, so that plans do not change with the data: rows, then rows per value of the first
-- column, of the first two, and so on.
ANALYZE users;
DELETE FROM sqlite_stat1 WHERE tbl = 'users';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'sqlite_autoindex_users_1', '100000 100000 1'),
    ('users', 'users_user_name', '100000 100000 1'),
    ('users', 'users_by_org', '100000 100000 10000 1'),
    ('users', 'users_by_creation', '100000 100000 1'),
    ('users', 'users_by_name', '100000 100000 2'),
    ('users', 'users_by_email', '100000 100000 2');
ANALYZE sqlite_schema;
