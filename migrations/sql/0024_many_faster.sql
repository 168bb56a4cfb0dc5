-- An import's time is mostly the database's own: what each of thousands of rows asks for alone is asked once a statement, or not at all.

-- I1: the exclusion constraint says the same as before; the index finds the place sooner. Its first column is a box: the upper half
-- of the person's id across, the span in microseconds along (whole numbers, exact in a double until 2255, its end just before the
-- next one's start). The ids that follow make it exact. Measured: a third of the time of three ranges with the store first.
create function busy_place(staff_id bigint, starts_at timestamptz, ends_at timestamptz) returns box
  language sql immutable parallel safe as $$
  select box(point((staff_id >> 31)::float8, (extract(epoch from starts_at at time zone 'UTC') * 1000000)::float8),
             point((staff_id >> 31)::float8, (extract(epoch from ends_at at time zone 'UTC') * 1000000)::float8 - 1))
$$;
alter table occupancies drop constraint no_double_booking;
alter table occupancies add constraint no_double_booking exclude using gist (
  busy_place(staff_id, starts_at, ends_at) with &&, int8range(staff_id, staff_id, '[]') with &&, int8range(store_id, store_id, '[]') with &&
) where (not overlap_ok);

-- The same question as in refuse_overlap_with_flagged, for all new rows together. Of rows of one statement the earlier was there first.
create function refuse_new_overlaps_with_flagged() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from fresh f where not f.overlap_ok and exists (
      select 1 from occupancies o
      where o.store_id = f.store_id and o.staff_id = f.staff_id and o.overlap_ok
        and o.starts_at < f.ends_at and o.starts_at > f.starts_at - interval '48 hours' and o.ends_at > f.starts_at
        and (o.id < f.id or not exists (select 1 from fresh later where later.id = o.id)))
  ) then
    raise exception 'overlaps a flagged occupancy' using errcode = 'exclusion_violation', constraint = 'no_double_booking';
  end if;
  return null;
end $$;
create or replace function refuse_overlap_with_flagged() returns trigger language plpgsql as $$
begin
  -- What stays in its place was there before the flagged row came: it may still be checked in or approved.
  if not new.overlap_ok and exists (
    select 1 from occupancies o
    where o.store_id = new.store_id and o.staff_id = new.staff_id and o.overlap_ok
      and o.starts_at < new.ends_at and o.starts_at > new.starts_at - interval '48 hours' and o.ends_at > new.starts_at
      and o.id <> new.id
  ) then
    raise exception 'overlaps a flagged occupancy' using errcode = 'exclusion_violation', constraint = 'no_double_booking';
  end if;
  return new;
end $$;
drop trigger refuse_overlap_with_flagged on occupancies;
create trigger refuse_overlap_with_flagged before update on occupancies for each row
  when ((old.staff_id, old.starts_at, old.ends_at, old.overlap_ok) is distinct from (new.staff_id, new.starts_at, new.ends_at, new.overlap_ok))
  execute function refuse_overlap_with_flagged();
create trigger refuse_new_overlaps_with_flagged after insert on occupancies
  referencing new table as fresh for each statement execute function refuse_new_overlaps_with_flagged();

-- Seats concern parties of class dates, and what is to pay is usually right as it comes.
drop trigger keep_booking_seats on bookings;
create trigger begin_booking_seats after insert on bookings for each row
  when (new.session_id is not null) execute function keep_booking_seats();
create trigger keep_booking_seats after update of status, session_id, seats on bookings for each row
  when (old.session_id is not null or new.session_id is not null) execute function keep_booking_seats();
drop trigger start_booking_due on bookings;
create trigger start_booking_due before insert on bookings for each row
  when (new.due <> case when new.closed_at is null then new.price else 0 end) execute function start_booking_due();
create trigger end_booking_due before update of status on bookings for each row
  when (new.status in ('cancelled', 'declined', 'expired')) execute function start_booking_due();

-- Whether a shop at Shopify has to hear of it is asked once for all new customers or bookings.
create function begin_customers_for_shopify() returns trigger language plpgsql as $$
begin
  -- What came from Shopify is no change of ours: it must not go back there (no echo).
  if current_setting('app.from_shopify', true) = '1' or not shopify_connected() then return null; end if;
  insert into shopify_customers (store_id, customer_id, changed)
    select store_id, id, jsonb_build_object('name', opencals_now(), 'email', opencals_now(), 'phone', opencals_now(), 'locale', opencals_now())
        || (select coalesce(jsonb_object_agg(channel || '_news', opencals_now()), '{}') from unnest(array['email', 'sms']) channel
            where (preferences #>> array[channel, 'marketing'])::boolean)
      from fresh where erased_at is null order by id
    on conflict (store_id, customer_id) do update set changed = shopify_customers.changed || excluded.changed;
  perform shopify_mark('customer', id::text) from fresh where erased_at is null order by id;
  return null;
end $$;
create or replace function note_customer_for_shopify() returns trigger language plpgsql as $$
declare
  fresh jsonb := '{}';
  channel text;
begin
  if new.erased_at is not null or current_setting('app.from_shopify', true) = '1' or not shopify_connected() then return null; end if;
  if new.name is distinct from old.name then fresh := fresh || jsonb_build_object('name', opencals_now()); end if;
  if new.email is distinct from old.email then fresh := fresh || jsonb_build_object('email', opencals_now()); end if;
  if new.phone is distinct from old.phone then fresh := fresh || jsonb_build_object('phone', opencals_now()); end if;
  if new.locale is distinct from old.locale then fresh := fresh || jsonb_build_object('locale', opencals_now()); end if;
  foreach channel in array array['email', 'sms'] loop
    -- Without a choice nobody wants news: saying so for the first time, by leaving a box as it was, is no choice yet.
    if coalesce((new.preferences #>> array[channel, 'marketing'])::boolean, false)
        <> coalesce((old.preferences #>> array[channel, 'marketing'])::boolean, false) then
      fresh := fresh || jsonb_build_object(channel || '_news', opencals_now());
    end if;
  end loop;
  if fresh = '{}' then return null; end if;
  insert into shopify_customers (store_id, customer_id, changed) values (new.store_id, new.id, fresh)
    on conflict (store_id, customer_id) do update set changed = shopify_customers.changed || excluded.changed;
  perform shopify_mark('customer', new.id::text);
  return null;
end $$;
drop trigger note_customer_for_shopify on customers;
create trigger note_customer_for_shopify after update of name, email, phone, locale, preferences
  on customers for each row execute function note_customer_for_shopify();
create trigger begin_customers_for_shopify after insert on customers
  referencing new table as fresh for each statement execute function begin_customers_for_shopify();

create function begin_bookings_for_shopify() returns trigger language plpgsql as $$
begin
  if shopify_connected() then
    perform shopify_mark('calendar', customer_id::text) from (select distinct customer_id from fresh order by customer_id) whose;
  end if;
  return null;
end $$;
create or replace function note_booking_for_shopify() returns trigger language plpgsql as $$
begin
  if not shopify_connected() then return null; end if;
  perform shopify_mark('calendar', new.customer_id::text);
  if old.customer_id <> new.customer_id then
    perform shopify_mark('calendar', old.customer_id::text);
  end if;
  -- A change that came from the order has released its line before (the loop guard of R43).
  if new.status in ('cancelled', 'declined', 'expired') and old.status <> new.status and exists (
      select 1 from shopify_order_lines l where l.store_id = new.store_id and l.booking_id = new.id and l.state = 'booked') then
    perform shopify_mark('cancelled_line', new.id::text);
  end if;
  return null;
end $$;
drop trigger note_booking_for_shopify on bookings;
create trigger note_booking_for_shopify after update of status, starts_at, ends_at, service_id, staff_id, customer_id
  on bookings for each row execute function note_booking_for_shopify();
create trigger begin_bookings_for_shopify after insert on bookings
  referencing new table as fresh for each statement execute function begin_bookings_for_shopify();

-- What is derived is written by the triggers alone, as the owner, from the rows they see: a reminder without its booking or a word
-- without its customer cannot come to be. So they need no foreign keys, which would ask for each of them again; what hangs on a
-- deleted row goes with it. A booking's store is that of its service, an audit entry's that of the chain it continues.
alter table bookings drop constraint bookings_store_id_fkey;
alter table audit_entries drop constraint audit_entries_store_id_fkey;
alter table reminders drop constraint reminders_store_id_booking_id_fkey;
alter table customer_words drop constraint customer_words_store_id_customer_id_fkey;
revoke insert, delete on reminders from opencals_app;
revoke insert, update, delete on customer_words from opencals_app;
alter function begin_reminders() security definer set search_path = pg_catalog, public;
alter function keep_reminders() security definer set search_path = pg_catalog, public;
alter function begin_contact_words() security definer set search_path = pg_catalog, public;
alter function keep_contact_words() security definer set search_path = pg_catalog, public;
alter function keep_customer_words() security definer set search_path = pg_catalog, public;
-- A new customer has no words yet, and each is found once: nothing to conflict with.
create or replace function begin_customer_words() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into customer_words (store_id, word, customer_id)
    select c.store_id, word, c.id from fresh c, search_words(c.name, c.email, c.phone) as word;
  return null;
end $$;
create function drop_reminders() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  delete from reminders r using gone where r.store_id = gone.store_id and r.booking_id = gone.id;
  return null;
end $$;
create trigger drop_reminders after delete on bookings
  referencing old table as gone for each statement execute function drop_reminders();
create function drop_customer_words() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  delete from customer_words w using gone where w.store_id = gone.store_id and w.customer_id = gone.id;
  return null;
end $$;
create trigger drop_customer_words after delete on customers
  referencing old table as gone for each statement execute function drop_customer_words();

-- Audit entries of an import: read together, then numbered and chained in order, written together.
create or replace function append_audit(entries jsonb) returns void language plpgsql security definer
  set search_path = pg_catalog, public set timezone = 'UTC' as $$
declare
  head audit_heads;
  entry audit_entries;
  chained audit_entries[];
  ids regclass := pg_get_serial_sequence('audit_entries', 'id');
begin
  select * into head from audit_heads where store_id = opencals_store() for update;
  for entry in select * from jsonb_populate_recordset(null::audit_entries, entries) loop
    entry.store_id := head.store_id;
    entry.allowed := coalesce(entry.allowed, true);
    entry.facts := coalesce(entry.facts, '{}');
    entry.id := nextval(ids);
    head.chain := head.chain + 1;
    entry.chain := head.chain;
    entry.previous := head.hash;
    entry.hash := sha256(head.hash || convert_to((to_jsonb(entry) - '{hash,id}'::text[])::text, 'UTF8'));
    head.hash := entry.hash;
    chained := chained || entry;
  end loop;
  insert into audit_entries overriding system value select * from unnest(chained);
  update audit_heads set chain = head.chain, hash = head.hash where store_id = head.store_id;
end $$;
