-- The ledger, version 1.
-- Times are milliseconds since the Unix epoch, UTC. Truth values are 0 and 1.
-- A `state` is one word; `detail` is what the word carries, as JSON.
-- `seq` is the order of insertion, which the world in memory depends on.
-- Words that may grow (states, kinds) have no CHECK: the loader refuses what it does not know.

-- What the ledger says of itself: `factory`.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The repository as the forge last told it: one row.
CREATE TABLE repository (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  id             INTEGER NOT NULL,                                 -- the forge's number; survives renames
  full_name      TEXT    NOT NULL,                                 -- owner/name
  default_branch TEXT    NOT NULL,
  archived       INTEGER NOT NULL CHECK (archived IN (0, 1)),
  empty          INTEGER NOT NULL CHECK (empty IN (0, 1)),         -- no commit yet
  mirror         INTEGER NOT NULL CHECK (mirror IN (0, 1)),
  may_push       INTEGER NOT NULL CHECK (may_push IN (0, 1)),
  has_issues     INTEGER NOT NULL CHECK (has_issues IN (0, 1)),
  has_pulls      INTEGER NOT NULL CHECK (has_pulls IN (0, 1))
) STRICT;

-- Logins that may write, lower case; replaced as a whole.
CREATE TABLE writer (
  login TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- When the writers were read: one row.
CREATE TABLE writers_read (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  at  INTEGER NOT NULL
) STRICT;

-- An issue or pull request as last seen.
CREATE TABLE issue (
  number       INTEGER PRIMARY KEY,
  is_pull      INTEGER NOT NULL CHECK (is_pull IN (0, 1)),
  title        TEXT    NOT NULL,
  open         INTEGER NOT NULL CHECK (open IN (0, 1)),
  author_id    INTEGER NOT NULL,                                   -- <= 0 is nobody
  author_login TEXT    NOT NULL,
  labels       TEXT    NOT NULL CHECK (json_valid(labels)),        -- a JSON list of names
  milestone    TEXT             CHECK (json_valid(milestone)),     -- title and the day it is due, as JSON
  updated_at   INTEGER NOT NULL,                                   -- the forge's time
  changed_at   INTEGER NOT NULL                                    -- of the last change by somebody else than the factory
) STRICT;

-- What an issue waits for, as last read: replaced as a whole.
CREATE TABLE link (
  issue   INTEGER PRIMARY KEY,
  blocker TEXT    NOT NULL CHECK (json_valid(blocker)),            -- a JSON list: number, repo when another, open
  read_at INTEGER NOT NULL                                         -- the forge's time before the reading
) STRICT;

-- One version of somebody's text; never changed, an edit is a new version.
CREATE TABLE passage (
  kind         TEXT    NOT NULL,                                   -- body, comment, review, inline
  id           INTEGER NOT NULL,                                   -- of a body its issue's number
  version      INTEGER NOT NULL,                                   -- from 1
  issue        INTEGER NOT NULL,
  author_id    INTEGER NOT NULL,
  author_login TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,                                   -- the forge's time
  updated_at   INTEGER NOT NULL,                                   -- the forge's time
  seen_at      INTEGER NOT NULL,                                   -- ours
  body         TEXT    NOT NULL,                                   -- verbatim; last, so that a scan need not read it
  PRIMARY KEY (kind, id, version)
) STRICT;
CREATE INDEX passage_by_issue ON passage (issue);

-- One `@adf:` in one passage. Only `state` and `refusal` ever change.
CREATE TABLE mention (
  seq             INTEGER PRIMARY KEY,
  id              TEXT    NOT NULL UNIQUE,                         -- <passage>/<target>/<n>
  passage_kind    TEXT    NOT NULL,
  passage_id      INTEGER NOT NULL,
  passage_version INTEGER NOT NULL,
  issue           INTEGER NOT NULL,
  project         TEXT,                                            -- the project named, if one is
  agent           TEXT,                                            -- the agent named …
  malformed       TEXT,                                            -- … or the text that is no name
  instruction     TEXT    NOT NULL,                                -- data, never code
  task            TEXT    NOT NULL,                                -- the task it would be
  author_id       INTEGER NOT NULL,
  author_login    TEXT    NOT NULL,
  own_account     INTEGER NOT NULL CHECK (own_account IN (0, 1)),
  edited_in       INTEGER NOT NULL CHECK (edited_in IN (0, 1)),
  replaces        TEXT,                                            -- the mention whose instruction it replaces
  older           INTEGER NOT NULL CHECK (older IN (0, 1)),        -- written before the factory listened
  written_at      INTEGER NOT NULL,                                -- the forge's time
  state           TEXT    NOT NULL,                                -- pending, accepted, refused
  refusal         TEXT,                                            -- why, when refused
  CHECK ((agent IS NULL) <> (malformed IS NULL)),
  FOREIGN KEY (passage_kind, passage_id, passage_version)
    REFERENCES passage (kind, id, version) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX mention_pending ON mention (state) WHERE state = 'pending';
CREATE INDEX mention_by_issue ON mention (issue);
CREATE INDEX mention_by_passage ON mention (passage_kind, passage_id, passage_version);

-- A hidden line in a comment of the factory's own account.
CREATE TABLE mark (
  seq         INTEGER PRIMARY KEY,
  task        TEXT    NOT NULL,
  comment     INTEGER NOT NULL,                                    -- of a `pull` the pull request's number
  kind        TEXT    NOT NULL,                                    -- accept, result, reply, pull
  issue       INTEGER NOT NULL,
  factory     TEXT    NOT NULL,                                    -- who wrote it
  effect      TEXT    NOT NULL,                                    -- the key of the effect that wrote it
  origin      TEXT    NOT NULL,
  agent       TEXT,
  instruction TEXT,                                                -- 12 hex digits of its SHA-256
  verified    INTEGER NOT NULL CHECK (verified IN (0, 1)),         -- the HMAC holds
  written_at  INTEGER NOT NULL,                                    -- the forge's time
  UNIQUE (task, comment, kind)
) STRICT;

-- A slot of a schedule that came due.
CREATE TABLE fire (
  agent TEXT    NOT NULL,
  slot  INTEGER NOT NULL,                                          -- the scheduled moment
  PRIMARY KEY (agent, slot)
) STRICT, WITHOUT ROWID;

-- Something a person should know; one row per cause.
CREATE TABLE alert (
  cause      TEXT PRIMARY KEY,
  text       TEXT NOT NULL,
  run        TEXT,
  raised_at  INTEGER NOT NULL,
  cleared_at INTEGER                                               -- null while it lasts
) STRICT;
CREATE INDEX alert_by_run ON alert (run);
CREATE INDEX alert_open ON alert (cause) WHERE cleared_at IS NULL;

-- Where a reading of the forge stands.
CREATE TABLE cursor (
  name TEXT PRIMARY KEY,                                           -- comments, issues, since, scanned, backlog, begun
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What operators ordered: of the factory (task '') the newest, of each task that it be cancelled.
CREATE TABLE operator (
  task TEXT    PRIMARY KEY,
  word TEXT    NOT NULL,                                           -- pause, stop, resume, cancel
  who  TEXT    NOT NULL,                                           -- a login of this machine
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One piece of work for one agent on one issue or pull request.
CREATE TABLE task (
  id              TEXT PRIMARY KEY,                                -- hash of (repository, origin)
  repo            INTEGER NOT NULL,
  issue           INTEGER NOT NULL,
  origin          TEXT    NOT NULL,                                -- a mention's id, slot-<agent>-<seconds>, or run-<run>/<n>
  agent           TEXT    NOT NULL,
  instruction     TEXT    NOT NULL,                                -- as authorised
  requester_id    INTEGER NOT NULL,
  requester_login TEXT    NOT NULL,
  chain           TEXT    NOT NULL CHECK (json_valid(chain)),      -- agents that called one another before it: a JSON list
  branch          TEXT    NOT NULL,
  state           TEXT    NOT NULL,
  failure         TEXT,                                            -- the class, when failed
  note            TEXT    NOT NULL,                                -- why it waits or how it ended
  not_before      INTEGER NOT NULL,
  strikes         INTEGER NOT NULL,
  pushed          TEXT,                                            -- the head last pushed
  pull            INTEGER,                                         -- its pull request
  answer          TEXT CHECK (json_valid(answer)),                 -- how its question was answered
  adopted         INTEGER NOT NULL CHECK (adopted IN (0, 1)),      -- found by its marks
  created_at      INTEGER NOT NULL,
  changed_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX task_by_issue ON task (issue);
CREATE INDEX task_by_state ON task (state);
CREATE INDEX task_open ON task (id) WHERE state NOT IN ('done', 'rejected', 'needs_person', 'failed', 'cancelled');
CREATE INDEX task_over ON task (changed_at) WHERE state IN ('done', 'rejected', 'needs_person', 'failed', 'cancelled');

-- One attempt at a task. Its task is not a foreign key: after a loss of the
-- ledger a run is found on disk before the forge has told of its task.
CREATE TABLE run (
  seq           INTEGER PRIMARY KEY,
  id            TEXT    NOT NULL UNIQUE,                           -- <task>-<attempt>
  task          TEXT    NOT NULL,
  repo          INTEGER NOT NULL,
  issue         INTEGER NOT NULL,
  attempt       INTEGER NOT NULL,                                  -- from 1
  lease         INTEGER NOT NULL,                                  -- rises with each attempt on the issue
  agent         TEXT    NOT NULL,
  provider      TEXT    NOT NULL,
  model         TEXT,
  routed        TEXT CHECK (json_valid(routed)),                   -- tier and why, when words chose them, as JSON
  base          TEXT,                                              -- the commit it starts from
  pid           INTEGER,                                           -- the supervisor: pid, start time and boot …
  start_time    INTEGER,                                           -- … in clock ticks since boot
  boot_id       TEXT,
  created_at    INTEGER NOT NULL,
  state         TEXT    NOT NULL,                                  -- starting, working, ended
  working_since INTEGER,
  progress_at   INTEGER,
  steps         INTEGER,
  ended_at      INTEGER,
  outcome       TEXT CHECK (json_valid(outcome)),                  -- what was established, as JSON
  class         TEXT GENERATED ALWAYS AS (outcome ->> '$.class') VIRTUAL,
  rule          TEXT GENERATED ALWAYS AS (outcome ->> '$.failure.rule') VIRTUAL,
  fingerprint   TEXT GENERATED ALWAYS AS (outcome ->> '$.failure.fingerprint') VIRTUAL,
  reason        TEXT GENERATED ALWAYS AS (outcome ->> '$.reason') VIRTUAL,
  UNIQUE (task, attempt)
) STRICT;
CREATE INDEX run_by_issue ON run (issue);

-- One change to the outside, written down before it is tried.
CREATE TABLE effect (
  seq        INTEGER PRIMARY KEY,
  key        TEXT    NOT NULL UNIQUE,                              -- its idempotency key
  task       TEXT REFERENCES task (id) DEFERRABLE INITIALLY DEFERRED,
  issue      INTEGER NOT NULL,
  kind       TEXT    NOT NULL,                                     -- reply, accept, spawn, push, …
  payload    TEXT    NOT NULL CHECK (json_valid(payload)),         -- what to do, final
  lease      INTEGER NOT NULL,                                     -- 0 needs none
  tries      INTEGER NOT NULL,
  state      TEXT    NOT NULL,                                     -- intended, tried, retry, ambiguous, done, parked, void
  detail     TEXT CHECK (json_valid(detail)),
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,                                     -- our time of the last change of state
  due_at     INTEGER GENERATED ALWAYS AS
               (CASE state WHEN 'retry' THEN detail ->> '$.at' WHEN 'ambiguous' THEN detail ->> '$.look_at' END) VIRTUAL,
  reason     TEXT GENERATED ALWAYS AS (detail ->> '$.reason') VIRTUAL,
  result     TEXT GENERATED ALWAYS AS (detail -> '$.result') VIRTUAL
) STRICT;
CREATE INDEX effect_by_issue ON effect (issue);
CREATE INDEX effect_by_task ON effect (task);

-- What an agent said, as checked.
CREATE TABLE message (
  seq      INTEGER PRIMARY KEY,
  run      TEXT    NOT NULL REFERENCES run (id) DEFERRABLE INITIALLY DEFERRED,
  sequence INTEGER NOT NULL,                                       -- counts a run's messages, from 1
  at       INTEGER NOT NULL,
  kind     TEXT    NOT NULL,                                       -- report, ask, mention, open_issue
  payload  TEXT    NOT NULL CHECK (json_valid(payload)),
  UNIQUE (run, sequence)
) STRICT;

-- What an agent keeps for its next runs. Old days and all but the newest keys of a day go as new ones come.
CREATE TABLE note (
  agent TEXT    NOT NULL,
  day   INTEGER NOT NULL,                                          -- days since 1970 (UTC)
  key   TEXT    NOT NULL,
  text  TEXT    NOT NULL,
  at    INTEGER NOT NULL,
  PRIMARY KEY (agent, day, key)
) STRICT, WITHOUT ROWID;

-- A tool call that the guard denied. Only the newest 10,000 are kept; no decision reads them.
CREATE TABLE guard_denial (
  seq    INTEGER PRIMARY KEY,
  run    TEXT    NOT NULL,
  agent  TEXT    NOT NULL,
  issue  INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  tool   TEXT    NOT NULL,                                         -- as its CLI calls it
  what   TEXT    NOT NULL,                                         -- the command, path or patch, without secrets
  rule   TEXT    NOT NULL,
  reason TEXT    NOT NULL                                          -- what the agent was told
) STRICT;

-- Every change of state, for people: `adf explain`. No decision reads it.
CREATE TABLE history (
  seq     INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,                                        -- our time
  issue   INTEGER NOT NULL,
  subject TEXT    NOT NULL,                                        -- mention, task, run, effect, guard
  id      TEXT    NOT NULL,
  state   TEXT    NOT NULL,
  note    TEXT    NOT NULL
) STRICT;
CREATE INDEX history_by_issue ON history (issue);
