-- The index. One row per acknowledged object, one per event in the ledger, and numbers kept by triggers,
-- so that no query of the running gateway reads all objects.

CREATE TABLE objects (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: the ledger names objects by it
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'delivered', 'parked', 'held', 'quarantined', 'reviewed', 'rejected')),
    received_at TEXT NOT NULL,
    route TEXT NOT NULL,
    destination TEXT NOT NULL,
    sop_class TEXT NOT NULL,
    transfer_syntax TEXT NOT NULL,
    sop_instance TEXT NOT NULL,
    series TEXT NOT NULL,
    study TEXT NOT NULL,
    modality TEXT NOT NULL,
    reasons TEXT NOT NULL,  -- JSON
    cautions TEXT NOT NULL, -- JSON
    association INTEGER NOT NULL,
    calling_ae TEXT NOT NULL,
    address TEXT NOT NULL,
    file TEXT NOT NULL,     -- relative to the data directory
    bytes INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    policy TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    supersedes INTEGER REFERENCES objects (id)
) STRICT;

CREATE INDEX waiting ON objects (destination, id) WHERE state = 'waiting';
CREATE INDEX by_state ON objects (state, id);
-- Two objects never share a file.
CREATE UNIQUE INDEX live_file ON objects (file) WHERE state IN ('waiting', 'parked', 'held', 'quarantined');

-- Objects whose file was being flushed while their row was: checked after a crash, forgotten once both are durable.
CREATE TABLE flushing (
    object INTEGER PRIMARY KEY REFERENCES objects (id) ON DELETE CASCADE,
    checksum INTEGER NOT NULL -- CRC-32 of the file
) STRICT;

CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    object INTEGER,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- What belongs together for the whole of a batch, as keyed digests of that batch: a second value for one mark is refused.
CREATE TABLE links (
    mark BLOB PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
    kind TEXT NOT NULL, -- state, received, event, reason (of kept objects), caution
    name TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER count_event AFTER INSERT ON ledger
BEGIN
    INSERT INTO tally VALUES ('event', NEW.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER count_state AFTER INSERT ON objects
BEGIN
    INSERT INTO tally VALUES ('state', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER count_received AFTER INSERT ON objects WHEN NEW.supersedes IS NULL
BEGIN
    INSERT INTO tally VALUES ('received', '', 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER count_reasons AFTER INSERT ON objects
WHEN NEW.reasons <> '[]' AND NEW.state IN ('held', 'quarantined')
BEGIN
    INSERT INTO tally SELECT DISTINCT 'reason', value ->> 'rule', 1 FROM json_each(NEW.reasons)
    WHERE TRUE ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER count_cautions AFTER INSERT ON objects
WHEN NEW.cautions <> '[]' AND NEW.supersedes IS NULL
BEGIN
    INSERT INTO tally SELECT DISTINCT 'caution', value ->> 'rule', 1 FROM json_each(NEW.cautions)
    WHERE TRUE ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER move_state AFTER UPDATE OF state ON objects WHEN OLD.state <> NEW.state
BEGIN
    UPDATE tally SET n = n - 1 WHERE kind = 'state' AND name = OLD.state;
    INSERT INTO tally VALUES ('state', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER move_reasons AFTER UPDATE OF state ON objects
WHEN OLD.reasons <> '[]' AND OLD.state IN ('held', 'quarantined') AND NEW.state NOT IN ('held', 'quarantined')
BEGIN
    UPDATE tally SET n = n - 1
    WHERE kind = 'reason' AND name IN (SELECT value ->> 'rule' FROM json_each(OLD.reasons));
END;

-- Only an object that was never acknowledged is taken out again.
CREATE TRIGGER void_state AFTER DELETE ON objects
BEGIN
    UPDATE tally SET n = n - 1 WHERE kind = 'state' AND name = OLD.state;
    UPDATE tally SET n = n - 1 WHERE kind = 'received' AND OLD.supersedes IS NULL;
    UPDATE tally SET n = n - 1 WHERE kind = 'reason' AND OLD.state IN ('held', 'quarantined')
        AND name IN (SELECT value ->> 'rule' FROM json_each(OLD.reasons));
    UPDATE tally SET n = n - 1 WHERE kind = 'caution' AND OLD.supersedes IS NULL
        AND name IN (SELECT value ->> 'rule' FROM json_each(OLD.cautions));
END;
