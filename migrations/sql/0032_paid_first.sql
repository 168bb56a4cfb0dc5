-- The difference to a dearer time is paid before the move (R26): a kind of intent of its own, always of a booking. The release before
-- neither writes nor ends such intents: it leaves them for the one that knows them.
alter table intents drop constraint intents_kind;
alter table intents
  add constraint intents_kind check (kind in ('setup', 'deposit', 'charge', 'rehearsal', 'difference')),
  add constraint intents_difference check (kind <> 'difference' or booking_id is not null);
