-- A booking that moves leaves no reminder of its old time behind, but those that went out: each goes and another comes, where marking the
-- old one dropped wrote two versions of a row and their index entries.
create or replace function keep_reminders() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if new.status in ('cancelled', 'no_show', 'declined', 'expired') then
    update reminders set state = 'dropped' where store_id = new.store_id and booking_id = new.id and state not in ('sent', 'dropped');
    return null;
  end if;
  if (old.starts_at, old.ends_at) is not distinct from (new.starts_at, new.ends_at) then return null; end if;
  delete from reminders where store_id = new.store_id and booking_id = new.id and state <> 'sent';
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
