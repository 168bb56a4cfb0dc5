-- What is kept of the old time of a move that waits for the shop (R17).

-- The old slot is kept until the shop has decided, however late that is: nothing else can have it before, so it is never shown as free
-- (D23f). Holds made before this keep their end; they are a day old at most.
create or replace function keep_hold_occupancy() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    delete from occupancies where store_id = old.store_id and source_id = old.id and kind = 'hold';
  elsif new.session_id is null then
    insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at, overlap_ok, expires_at)
      values (new.store_id, new.staff_id, 'hold', new.id, new.starts_at, new.ends_at, new.overlap_ok,
              case when new.kind <> 'old_slot' then new.expires_at end);
  end if;
  return null;
end $$;

-- Its reminders wait with it, and go on as they were when the booking is back there: that time was agreed when it was booked, not when
-- the shop said no (A160). The release before this one drops those that come due meanwhile, as it did.
create or replace function keep_reminders() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  kept timestamptz := case when new.status = 'pending' then (new.held ->> 'starts_at')::timestamptz
                           when old.status = 'pending' and new.held is null and (old.held ->> 'starts_at')::timestamptz = new.starts_at then new.starts_at end;
begin
  if new.status in ('cancelled', 'no_show', 'declined', 'expired') then
    update reminders set state = 'dropped' where store_id = new.store_id and booking_id = new.id and state not in ('sent', 'dropped');
    return null;
  end if;
  if (old.starts_at, old.ends_at) is not distinct from (new.starts_at, new.ends_at) then return null; end if;
  delete from reminders where store_id = new.store_id and booking_id = new.id and state <> 'sent' and starts_at is distinct from kept;
  if new.ends_at <= opencals_now() then return null; end if;
  insert into reminders (store_id, booking_id, kind, lead_s, starts_at, due_at, since)
    select new.store_id, new.id, 'before', lead, new.starts_at, new.starts_at - make_interval(secs => lead), opencals_now()
      from services s, unnest(s.reminder_leads) lead
      where s.store_id = new.store_id and s.id = new.service_id and new.starts_at - make_interval(secs => lead) > opencals_now()
    union all
    select new.store_id, new.id, 'feedback', 0, new.starts_at, new.ends_at, opencals_now()
    on conflict (store_id, booking_id, kind, lead_s, starts_at) do nothing;
  return null;
end $$;
