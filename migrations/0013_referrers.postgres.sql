-- A foreign key is checked by reading the row it points to. Where many rows are written under serializable isolation, that read
-- locks the very index page that the next writers insert into, and writers that have nothing to do with each other are rolled
-- back; and the row of an organization is locked by everybody who creates a user in it. Commands read what they refer to
-- themselves, which makes a removal at the same time a conflict. What goes with a removed row is removed by triggers.

ALTER TABLE users DROP CONSTRAINT users_instance_id_org_id_fkey;
ALTER TABLE login_names DROP CONSTRAINT login_names_instance_id_user_id_fkey;
ALTER TABLE oidc_sessions DROP CONSTRAINT oidc_sessions_instance_id_user_id_fkey;

CREATE FUNCTION remove_users_of_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM users WHERE instance_id = OLD.instance_id AND org_id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER organizations_removed AFTER DELETE ON organizations
    FOR EACH ROW EXECUTE FUNCTION remove_users_of_organization();

CREATE FUNCTION remove_referrers_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM login_names WHERE instance_id = OLD.instance_id AND user_id = OLD.id;
    DELETE FROM oidc_sessions WHERE instance_id = OLD.instance_id AND user_id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_removed AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION remove_referrers_of_user();

-- Without statistics, as in a new database, an index that begins with the instance looks as good for finding a user by its id
-- as the primary key, and all users of the instance are read.
DROP INDEX users_by_org;
CREATE INDEX users_by_org ON users (org_id, instance_id, id);
