-- The hosts of the fleets as they report themselves, through the hub. Locks nothing but, for the moment of its index, the writes
-- of leases.

create table host (
  id text primary key,
  name text not null,
  state text not null check (state in ('ready', 'draining', 'drained')),
  fleets text[] not null,
  -- At a time, for each fleet; `note` says why where it is less than was asked for.
  slots smallint not null,
  leases smallint not null,
  gates smallint not null,
  memory_mb integer not null,
  confined boolean not null,
  providers text[] not null,
  version text not null,
  note text,
  started_at timestamptz not null default now(),
  -- By the clock of this database, so that one clock alone decides who is gone.
  last_seen timestamptz not null default now()
);

-- What a host runs is asked of the leases: there are few that name one.
create index lease_by_host on lease (host_id) where host_id is not null;
