-- What the operator of the system grants an instance per interval. unit: 1 authenticated requests, 2 run seconds of actions.
CREATE TABLE quotas (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    unit BIGINT NOT NULL,
    id TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    interval_nanos BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    is_limit BOOLEAN NOT NULL,
    notifications TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, unit)
);
