-- The rows behind projects, beads, runs, leases, transcripts and events. Locks nothing: all tables are new.

create table project (
  id text primary key,
  name text not null unique,
  -- Where the repository came from: a path or a URL that git can fetch.
  repository text not null,
  branch text not null,
  -- {"test": "npm test", "timeoutMs": 120000}; null where nothing can be checked, and then nothing lands.
  checks jsonb,
  setup_command text,
  -- Globs that a candidate must not touch.
  protected_paths text[] not null default '{}',
  -- 'hub' keeps landed commits in the hub, 'upstream' pushes them to the repository.
  landing text not null default 'hub' check (landing in ('hub', 'upstream')),
  created_at timestamptz not null default now()
);

create table bead (
  id text primary key,
  project_id text not null references project,
  type text not null,
  title text not null,
  description text not null,
  priority smallint not null check (priority between 0 and 4),
  failing_tests jsonb not null default '[]',
  provider text not null,
  fleet text not null,
  max_attempts smallint not null,
  status text not null,
  -- 0 until the bead's workflow has written for the first time; every write adds one.
  version integer not null default 0,
  attempt smallint not null default 0,
  reason text,
  landed_commit text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index bead_by_project on bead (project_id, created_at desc);
create index bead_by_status on bead (status, created_at desc);
-- The reconciler asks for rows whose workflow has not been started; there are hardly any.
create index bead_unstarted on bead (created_at) where version = 0;

create table run (
  id text primary key,
  bead_id text not null references bead,
  number smallint not null,
  provider text not null,
  status text not null check (status in ('running', 'ended')),
  exit text,
  base_commit text not null,
  checkpoint text,
  turns integer not null default 0,
  last_step integer not null default 0,
  host_id text,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  unique (bead_id, number)
);

-- One row a bead: the fence only grows, and whoever holds an older one is refused.
create table lease (
  bead_id text primary key references bead,
  fence integer not null,
  run_id text not null,
  host_id text,
  token_hash text,
  changed_at timestamptz not null default now()
);
create unique index lease_by_token on lease (token_hash);

-- A run's transcript. Append-only; the primary key makes every step exist once.
create table step (
  run_id text not null,
  step integer not null,
  content jsonb not null,
  checkpoint text,
  created_at timestamptz not null default now(),
  primary key (run_id, step)
);

-- What has happened. `seq` is given by the relay, in the order in which it publishes.
create table event (
  position bigserial primary key,
  id text not null unique,
  seq bigint unique,
  project_id text not null,
  bead_id text not null,
  type text not null,
  data jsonb not null,
  at timestamptz not null default now(),
  published_at timestamptz
);
create index event_unsequenced on event (position) where seq is null;
create index event_unpublished on event (seq) where published_at is null;
create index event_by_bead on event (bead_id, seq);

create table idempotency_key (
  key text primary key,
  -- The same key with another body is a mistake of the caller, and is told so.
  body_hash text not null,
  bead_id text not null references bead,
  created_at timestamptz not null default now()
);

create function notify_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('loom_event', '');
  return null;
end $$;
create trigger event_inserted after insert on event for each statement execute function notify_event();
