-- What the reconciler found and did. The new columns of bead have constant defaults, so its rows are not written anew; the index
-- locks the writes of beads while it is built.

-- One row a pass; the last 1,000 are kept.
create table reconciliation (
  id bigserial primary key,
  at timestamptz not null default now(),
  duration_ms integer not null,
  -- {"orphaned_bead": 1}; what is absent is 0, and healthy is {}.
  repairs jsonb not null,
  -- Rows that had served their time. Removing them is housekeeping, no repair.
  expired integer not null,
  -- Beads that have no workflow although they were given one several times: for a person to look at.
  stuck integer not null,
  -- Number of the newest event: a relay that has moved since is not asleep.
  last_seq bigint not null,
  -- Why the pass did not come to its end; null where it did.
  failure text
);

-- Sums over all passes ever, which a counter that never falls needs.
create table reconciliation_total (
  kind text primary key,
  repairs bigint not null
);

-- When the reconciler last looked whether the bead has a workflow; the one that waits longest comes next.
alter table bead add column checked_at timestamptz;
-- How often it had to give the bead a workflow again, and when last: what fails each time is not tried for ever.
alter table bead add column restarts smallint not null default 0;
alter table bead add column restarted_at timestamptz;
create index bead_to_check on bead (checked_at nulls first) where status not in ('closed', 'cancelled', 'escalated');

create index run_running on run (bead_id) where status = 'running';
create index idempotency_key_by_age on idempotency_key (created_at);
