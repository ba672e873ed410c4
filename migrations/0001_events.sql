-- The audit trail and the outbox: both are appended to in the transaction of the command that they belong to.

-- One row per recorded change, in the order of `position` over the whole database and of `sequence` within an aggregate.
CREATE TABLE events (
    position {{auto_id}},
    instance_id TEXT NOT NULL,
    aggregate_type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1,
    payload TEXT,
    editor TEXT NOT NULL,
    owner TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    in_tx_order BIGINT NOT NULL
);

CREATE UNIQUE INDEX events_aggregate ON events (instance_id, aggregate_type, aggregate_id, sequence);
CREATE INDEX events_created_at ON events (instance_id, created_at);

-- Side effects that leave the server after the commit: mail, SMS, webhooks, logout notices.
CREATE TABLE outbox (
    id {{auto_id}},
    instance_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    last_error TEXT
);

CREATE INDEX outbox_run_at ON outbox (run_at, id);
