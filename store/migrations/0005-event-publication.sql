-- How far the relay has come, as one row instead of a mark on each event: events are numbered and published in order, so one number
-- says it all, and an event is written twice in its life (inserted, numbered) and not three times. It also keeps the numbers
-- growing when all events have been deleted.
-- Breaking for a relay of an older version, which looks for `published_at`. Locks `event` while the second index is built.

create table event_relay (
  only_row boolean primary key default true check (only_row),
  -- Events up to this number have been published.
  published bigint not null
);
insert into event_relay (published) select coalesce(max(seq), 0) from event where published_at is not null;

drop index event_unpublished;
alter table event drop column published_at;

-- A project's events after a number, for clients that come back.
create index event_by_project on event (project_id, seq);
