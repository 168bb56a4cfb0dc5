-- Whose request was declined or not answered may wait for that very time: `again`, or a seat of that class date (D29e, R34).
alter table waitlist_entries add column request_id bigint;
alter table waitlist_entries add constraint waitlist_entries_request_fkey foreign key (store_id, request_id) references bookings (store_id, id);
alter table waitlist_entries drop constraint waitlist_entries_kind;
alter table waitlist_entries add constraint waitlist_entries_kind check (
    kind = 'earlier' and booking_id is not null and session_id is null and request_id is null
    or kind = 'seat' and session_id is not null
    or kind = 'again' and session_id is null and request_id is not null and staff_id is not null);
-- Removed: by the shop.
alter table waitlist_entries drop constraint waitlist_entries_reason;
alter table waitlist_entries add constraint waitlist_entries_reason check (
    (end_reason is not null) = (state = 'ended') and end_reason in ('moved','closed','past','cancelled','removed'));
create unique index waitlist_once_a_time on waitlist_entries (store_id, customer_id, service_id, staff_id, before) where state = 'waiting' and kind = 'again';
create index waitlist_of_request on waitlist_entries (store_id, request_id) where request_id is not null;
create index waitlist_of_customer on waitlist_entries (store_id, customer_id) where state = 'waiting' and kind <> 'earlier';
drop index waitlist_seats_of_customer;

-- Who waits for a time hears of whatever ends near it: which of it they could use is looked at later (`openings.Times`).
create or replace function note_freed_time() returns trigger language plpgsql as $$
begin
  if old.ends_at > opencals_now() and exists (
    select 1 from waitlist_entries e where e.store_id = old.store_id and e.state = 'waiting' and (e.staff_id is null or e.staff_id = old.staff_id)
      and (e.kind <> 'again' and e.before > old.starts_at
           or e.kind = 'again' and e.before > old.starts_at - interval '2 days' and e.before < old.ends_at + interval '2 days')
  ) then
    insert into openings (store_id, staff_id, from_at, to_at, due_at, created_at)
      values (old.store_id, old.staff_id, old.starts_at, old.ends_at, opencals_now(), opencals_now());
  end if;
  return null;
end $$;
