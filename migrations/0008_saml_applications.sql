-- The entity id by which service providers are known, in lower case; SAML applications alone have one.
ALTER TABLE applications ADD COLUMN entity_id_lower TEXT;
CREATE UNIQUE INDEX applications_entity_id ON applications (instance_id, entity_id_lower);
