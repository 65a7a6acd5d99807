-- The file of SWF Local, version 2. JSON columns hold what the service's rows call records, info and events.
-- Times are seconds since the epoch. Events are only ever appended; a row holds some that follow one another.

CREATE TABLE domain (
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (region, name)
) WITHOUT ROWID;

CREATE TABLE type (
    region TEXT NOT NULL,
    domain TEXT NOT NULL,
    kind TEXT NOT NULL,             -- ActivityType, WorkflowType
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,           -- as in the record
    record TEXT NOT NULL,
    PRIMARY KEY (region, domain, kind, name, version)
) WITHOUT ROWID;

CREATE TABLE execution (
    key INTEGER PRIMARY KEY,
    region TEXT NOT NULL,
    domain TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    info TEXT NOT NULL,
    started REAL NOT NULL,
    closed REAL,                    -- NULL while it is open
    close_status TEXT,
    expires REAL,                   -- when retention ends
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    due REAL                        -- when it needs attention; NULL once it is closed
);
CREATE UNIQUE INDEX execution_run ON execution (region, domain, workflow_id, run_id);
CREATE UNIQUE INDEX execution_open ON execution (region, domain, workflow_id) WHERE closed IS NULL;
CREATE INDEX execution_open_started ON execution (region, domain, started) WHERE closed IS NULL;
CREATE INDEX execution_closed_started ON execution (region, domain, started) WHERE closed IS NOT NULL;
CREATE INDEX execution_closed ON execution (region, domain, closed) WHERE closed IS NOT NULL;
CREATE INDEX execution_due ON execution (due) WHERE due IS NOT NULL;
CREATE INDEX execution_expires ON execution (expires) WHERE expires IS NOT NULL;

CREATE TABLE event (
    execution INTEGER NOT NULL,
    first INTEGER NOT NULL,         -- ids of the first and the last event of the row
    last INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (execution, first)
) WITHOUT ROWID;

CREATE TABLE heartbeat (
    execution INTEGER NOT NULL,
    scheduled_event_id INTEGER NOT NULL,
    at REAL NOT NULL,
    details TEXT,
    PRIMARY KEY (execution, scheduled_event_id)
) WITHOUT ROWID;

CREATE TABLE task (
    execution INTEGER NOT NULL,
    event_id INTEGER NOT NULL,
    region TEXT NOT NULL,
    domain TEXT NOT NULL,
    kind TEXT NOT NULL,             -- decision, activity, lambda
    name TEXT NOT NULL,             -- of the task list, or of the function
    priority INTEGER NOT NULL,
    sequence INTEGER NOT NULL,      -- first come, first served
    PRIMARY KEY (execution, event_id)
) WITHOUT ROWID;
-- The kind comes first because Lambda tasks are looked for in every region and domain. A partial index on the kind would
-- do for them, but would have SQLite plan each query that binds a kind anew.
CREATE INDEX task_list ON task (kind, region, domain, name, priority DESC, sequence);

-- What transactions changed and the tables do not know yet; a row is MessagePack, see journal.py.
CREATE TABLE journal (
    number INTEGER PRIMARY KEY,
    rows BLOB NOT NULL
);
