-- What follows a new booking or customer is written once a statement, not once a row: an import brings thousands at a time.
-- Changes of rows that exist keep their triggers.

create function begin_booking_occupancies() returns trigger language plpgsql as $$
begin
  insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at, overlap_ok)
    select store_id, staff_id, 'booking', id, starts_at - make_interval(secs => buffer_before_s), ends_at + make_interval(secs => buffer_after_s), overlap_ok
      from fresh where session_id is null and status in ('pending', 'confirmed', 'arrived', 'ready_to_start');
  return null;
end $$;
create or replace function keep_booking_occupancy() returns trigger language plpgsql as $$
declare
  span_start timestamptz := new.starts_at - make_interval(secs => new.buffer_before_s);
  span_end timestamptz := new.ends_at + make_interval(secs => new.buffer_after_s);
begin
  if new.session_id is not null or new.status not in ('pending', 'confirmed', 'arrived', 'ready_to_start') then
    delete from occupancies where store_id = new.store_id and source_id = new.id and kind = 'booking';
    return null;
  end if;
  update occupancies
    set staff_id = new.staff_id, starts_at = span_start, ends_at = span_end, overlap_ok = new.overlap_ok
    where store_id = new.store_id and source_id = new.id and kind = 'booking';
  if not found then
    insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at, overlap_ok)
      values (new.store_id, new.staff_id, 'booking', new.id, span_start, span_end, new.overlap_ok);
  end if;
  return null;
end $$;
drop trigger keep_booking_occupancy on bookings;
create trigger keep_booking_occupancy
  after update of status, session_id, staff_id, starts_at, ends_at, buffer_before_s, buffer_after_s, overlap_ok
  on bookings for each row execute function keep_booking_occupancy();
create trigger begin_booking_occupancies after insert on bookings
  referencing new table as fresh for each statement execute function begin_booking_occupancies();

create function begin_reminders() returns trigger language plpgsql as $$
begin
  insert into reminders (store_id, booking_id, kind, lead_s, starts_at, due_at, since)
    select b.store_id, b.id, 'before', lead, b.starts_at, b.starts_at - make_interval(secs => lead), b.created_at
      from fresh b join services s on s.store_id = b.store_id and s.id = b.service_id, unnest(s.reminder_leads) lead
      where b.status not in ('cancelled', 'no_show', 'declined', 'expired') and b.starts_at - make_interval(secs => lead) > opencals_now()
    union all
    select store_id, id, 'feedback', 0, starts_at, ends_at, created_at
      from fresh where status not in ('cancelled', 'no_show', 'declined', 'expired') and ends_at > opencals_now();
  return null;
end $$;
create or replace function keep_reminders() returns trigger language plpgsql as $$
begin
  if new.status in ('cancelled', 'no_show', 'declined', 'expired') then
    update reminders set state = 'dropped' where store_id = new.store_id and booking_id = new.id and state = 'due';
    return null;
  end if;
  if (old.starts_at, old.ends_at) is not distinct from (new.starts_at, new.ends_at) then return null; end if;
  update reminders set state = 'dropped' where store_id = new.store_id and booking_id = new.id and state = 'due';
  if new.ends_at <= opencals_now() then return null; end if;
  insert into reminders (store_id, booking_id, kind, lead_s, starts_at, due_at, since)
    select new.store_id, new.id, 'before', lead, new.starts_at, new.starts_at - make_interval(secs => lead), opencals_now()
      from services s, unnest(s.reminder_leads) lead
      where s.store_id = new.store_id and s.id = new.service_id and new.starts_at - make_interval(secs => lead) > opencals_now()
    union all
    select new.store_id, new.id, 'feedback', 0, new.starts_at, new.ends_at, opencals_now()
    on conflict (store_id, booking_id, kind, lead_s, starts_at) do update
      set state = 'due', due_at = excluded.due_at, since = excluded.since where reminders.state = 'dropped';
  return null;
end $$;
drop trigger keep_reminders on bookings;
create trigger keep_reminders after update of status, starts_at, ends_at on bookings
  for each row execute function keep_reminders();
create trigger begin_reminders after insert on bookings
  referencing new table as fresh for each statement execute function begin_reminders();

create function begin_contact_words() returns trigger language plpgsql as $$
begin
  insert into customer_words (store_id, word, customer_id)
    select distinct b.store_id, word, b.customer_id
      from fresh b, search_words(b.contact_name, b.contact_email, b.contact_phone) as word
      -- A subquery for each row, which always goes by the key: a join would be planned for the table as small as it was at first.
      where (select (c.name, c.email, c.phone) is distinct from (b.contact_name, b.contact_email, b.contact_phone)
               from customers c where c.store_id = b.store_id and c.id = b.customer_id and c.erased_at is null)
    on conflict do nothing;
  return null;
end $$;
drop trigger keep_contact_words on bookings;
create trigger keep_contact_words after update of customer_id, contact_name, contact_email, contact_phone on bookings
  for each row execute function keep_contact_words();
create trigger begin_contact_words after insert on bookings
  referencing new table as fresh for each statement execute function begin_contact_words();

create function begin_customer_words() returns trigger language plpgsql as $$
begin
  insert into customer_words (store_id, word, customer_id)
    select c.store_id, word, c.id from fresh c, search_words(c.name, c.email, c.phone) as word on conflict do nothing;
  return null;
end $$;
drop trigger keep_customer_words on customers;
create trigger keep_customer_words after update of name, email, phone, erased_at on customers
  for each row execute function keep_customer_words();
create trigger begin_customer_words after insert on customers
  referencing new table as fresh for each statement execute function begin_customer_words();

-- Audit entries of an import: numbered and chained in order, written together.
create or replace function append_audit(entries jsonb) returns void language plpgsql security definer
  set search_path = pg_catalog, public set timezone = 'UTC' as $$
declare
  head audit_heads;
  given jsonb;
  entry audit_entries;
  chained audit_entries[];
  ids regclass := pg_get_serial_sequence('audit_entries', 'id');
begin
  select * into head from audit_heads where store_id = opencals_store() for update;
  for given in select value from jsonb_array_elements(entries) loop
    entry := jsonb_populate_record(null::audit_entries, given);
    entry.store_id := head.store_id;
    entry.allowed := coalesce(entry.allowed, true);
    entry.facts := coalesce(entry.facts, '{}');
    entry.id := nextval(ids);
    head.chain := head.chain + 1;
    entry.chain := head.chain;
    entry.previous := head.hash;
    entry.hash := sha256(head.hash || convert_to((to_jsonb(entry) - 'hash' - 'id')::text, 'UTF8'));
    head.hash := entry.hash;
    chained := chained || entry;
  end loop;
  insert into audit_entries overriding system value select * from unnest(chained);
  update audit_heads set chain = head.chain, hash = head.hash where store_id = head.store_id;
end $$;
