-- How much of a quota was used in a period, and up to which percentage each of its notifications was sent (JSON: id → percent).
CREATE TABLE quota_usage (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    unit BIGINT NOT NULL,
    period_start BIGINT NOT NULL,
    used BIGINT NOT NULL,
    notified TEXT NOT NULL,
    PRIMARY KEY (instance_id, unit, period_start)
);

-- Every kind of side effect has a worker of its own; one that has none must not be in the way of the others.
DROP INDEX outbox_run_at;
CREATE INDEX outbox_due ON outbox (kind, run_at, id);
