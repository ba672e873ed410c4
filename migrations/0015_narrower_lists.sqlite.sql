-- One wide index for searches instead of two. Users of a small organization are found by users_by_org; those of a large one are
-- gone through in the order of the list, which lists find out first. It has everything that texts are looked for in.
DROP INDEX users_searched_by_org;
DROP INDEX users_searched;
CREATE INDEX users_searched ON users (instance_id, id, org_id, kind, state, created_at, user_name_lower, email_lower,
    display_name_lower, first_name_lower, last_name_lower, nick_name_lower, name_lower, phone);

DELETE FROM sqlite_stat1 WHERE idx IN ('users_searched', 'users_searched_by_org', 'users_by_org');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'users_by_org', '1600000 100000 1000 1'),
    ('users', 'users_searched', '1600000 100000 2 1 1 1 1 1 1 1 1 1 1 1 1 sz=180');
ANALYZE sqlite_schema;
