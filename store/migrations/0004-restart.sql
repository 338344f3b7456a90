-- A bead may be taken over by a new execution of its workflow, which shuts out the one before. Locks the table bead for a moment:
-- both columns have constant defaults, so nothing is rewritten.

-- The execution that may write the bead; null for one that was never restarted.
alter table bead add column execution text;
-- Attempts up to this one belong to the life before a person restarted the bead after its escalation.
alter table bead add column attempt_base smallint not null default 0;
