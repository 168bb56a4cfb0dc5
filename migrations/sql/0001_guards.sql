-- Guards the tables cannot express alone. Every one of them has a test that fails without it.

-- I1: a row that may not overlap meets a flagged one (the exclusion constraint looks only at unflagged rows).
create function refuse_overlap_with_flagged() returns trigger language plpgsql as $$
begin
  -- What stays in its place was there before the flagged row came: it may still be checked in or approved.
  if tg_op = 'UPDATE' and (old.staff_id, old.starts_at, old.ends_at, old.overlap_ok)
      is not distinct from (new.staff_id, new.starts_at, new.ends_at, new.overlap_ok) then
    return new;
  end if;
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
create trigger refuse_overlap_with_flagged before insert or update on occupancies
  for each row execute function refuse_overlap_with_flagged();

-- Busy time follows its cause in the same statement, so it cannot be forgotten (D23f).
create function keep_booking_occupancy() returns trigger language plpgsql as $$
declare
  span_start timestamptz := new.starts_at - make_interval(secs => new.buffer_before_s);
  span_end timestamptz := new.ends_at + make_interval(secs => new.buffer_after_s);
begin
  if new.session_id is not null or new.status not in ('pending', 'confirmed', 'arrived', 'ready_to_start') then
    if tg_op = 'UPDATE' then
      delete from occupancies where store_id = new.store_id and source_id = new.id and kind = 'booking';
    end if;
    return null;
  end if;
  if tg_op = 'UPDATE' then
    update occupancies
      set staff_id = new.staff_id, starts_at = span_start, ends_at = span_end, overlap_ok = new.overlap_ok
      where store_id = new.store_id and source_id = new.id and kind = 'booking';
    if found then return null; end if;
  end if;
  insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at, overlap_ok)
    values (new.store_id, new.staff_id, 'booking', new.id, span_start, span_end, new.overlap_ok);
  return null;
end $$;
create trigger keep_booking_occupancy
  after insert or update of status, session_id, staff_id, starts_at, ends_at, buffer_before_s, buffer_after_s, overlap_ok
  on bookings for each row execute function keep_booking_occupancy();

create function keep_session_occupancy() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from occupancies where store_id = old.store_id and source_id = old.id and kind = 'session';
  end if;
  if tg_op <> 'DELETE' and new.status = 'scheduled' then
    insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at, overlap_ok)
      values (new.store_id, new.staff_id, 'session', new.id, new.occupied_from, new.occupied_to, new.overlap_ok);
  end if;
  return null;
end $$;
create trigger keep_session_occupancy
  after insert or delete or update of status, staff_id, occupied_from, occupied_to, overlap_ok
  on sessions for each row execute function keep_session_occupancy();

create function keep_hold_occupancy() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    delete from occupancies where store_id = old.store_id and source_id = old.id and kind = 'hold';
  elsif new.session_id is null then
    insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at, overlap_ok, expires_at)
      values (new.store_id, new.staff_id, 'hold', new.id, new.starts_at, new.ends_at, new.overlap_ok, new.expires_at);
  end if;
  return null;
end $$;
create trigger keep_hold_occupancy after insert or delete on holds for each row execute function keep_hold_occupancy();

-- I7: seats taken are counted by the database; the CHECK on sessions refuses the one too many.
create function keep_booking_seats() returns trigger language plpgsql as $$
declare
  was integer := 0;
  becomes integer := 0;
begin
  if tg_op = 'UPDATE' then
    if old.session_id is not null and old.status in ('pending', 'confirmed', 'arrived', 'ready_to_start') then was := old.seats; end if;
  end if;
  if new.session_id is not null and new.status in ('pending', 'confirmed', 'arrived', 'ready_to_start') then becomes := new.seats; end if;
  if tg_op = 'UPDATE' and old.session_id is not distinct from new.session_id then
    if was <> becomes then
      update sessions set seats_taken = seats_taken + becomes - was where store_id = new.store_id and id = new.session_id;
    end if;
    return null;
  end if;
  if was > 0 then
    update sessions set seats_taken = seats_taken - was where store_id = new.store_id and id = old.session_id;
  end if;
  if becomes > 0 then
    update sessions set seats_taken = seats_taken + becomes where store_id = new.store_id and id = new.session_id;
  end if;
  return null;
end $$;
create trigger keep_booking_seats after insert or update of status, session_id, seats
  on bookings for each row execute function keep_booking_seats();

create function keep_hold_seats() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' and new.session_id is not null then
    update sessions set seats_taken = seats_taken + new.seats where store_id = new.store_id and id = new.session_id;
  elsif tg_op = 'DELETE' and old.session_id is not null then
    update sessions set seats_taken = seats_taken - old.seats where store_id = old.store_id and id = old.session_id;
  end if;
  return null;
end $$;
create trigger keep_hold_seats after insert or delete on holds for each row execute function keep_hold_seats();

-- Money columns of a booking follow its payments and refunds (I2).
create function keep_booking_paid() returns trigger language plpgsql as $$
begin
  update bookings set paid = paid + new.amount where store_id = new.store_id and id = new.booking_id and currency = new.currency;
  if not found then
    raise exception 'payment in another currency than its booking' using errcode = 'check_violation', constraint = 'payments_currency';
  end if;
  return null;
end $$;
create trigger keep_booking_paid after insert on payments for each row execute function keep_booking_paid();

create function keep_booking_refunds() returns trigger language plpgsql as $$
declare
  was_owed bigint := 0; was_done bigint := 0; now_owed bigint := 0; now_done bigint := 0;
begin
  if tg_op = 'UPDATE' and old.outcome <> 'credit' then
    if old.state in ('owed', 'pending', 'failed') then was_owed := old.amount; end if;
    if old.state = 'succeeded' then was_done := old.amount; end if;
  end if;
  if new.outcome <> 'credit' then
    if new.state in ('owed', 'pending', 'failed') then now_owed := new.amount; end if;
    if new.state = 'succeeded' then now_done := new.amount; end if;
  end if;
  if (was_owed, was_done) <> (now_owed, now_done) then
    update bookings set owed = owed + now_owed - was_owed, refunded = refunded + now_done - was_done
      where store_id = new.store_id and id = new.booking_id;
  end if;
  return null;
end $$;
create trigger keep_booking_refunds after insert or update of state, amount, outcome on refunds
  for each row execute function keep_booking_refunds();

create function keep_payment_refunded() returns trigger language plpgsql as $$
begin
  update payments set refunded = refunded + new.amount where store_id = new.store_id and id = new.payment_id;
  return null;
end $$;
create trigger keep_payment_refunded after insert on refund_lines for each row execute function keep_payment_refunded();

-- I3, I63: entries are chained per store and never change. The trigger runs as the owner; the app cannot write heads.
create function chain_audit_entry() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public set timezone = 'UTC' as $$
declare head audit_heads;
begin
  select * into head from audit_heads where store_id = new.store_id for update;
  new.chain := head.chain + 1;
  new.previous := head.hash;
  new.hash := sha256(head.hash || convert_to((to_jsonb(new) - 'hash' - 'id')::text, 'UTF8'));
  update audit_heads set chain = new.chain, hash = new.hash where store_id = new.store_id;
  return new;
end $$;
create trigger chain_audit_entry before insert on audit_entries for each row when (new.chain = 0) execute function chain_audit_entry();

create function start_audit_chain() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into audit_heads (store_id, chain, hash) values (new.store_id, 0, sha256(convert_to(new.store_id::text, 'UTF8')));
  return null;
end $$;
create trigger start_audit_chain after insert on stores for each row execute function start_audit_chain();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_is_append_only before update or delete on audit_entries for each row execute function refuse_change();
create trigger policies_are_fixed before update on policies for each row execute function refuse_change();

-- Walks a store's chain: the first broken entry's number, or null when it holds.
create function broken_audit_chain() returns bigint language plpgsql stable set timezone = 'UTC' as $$
declare
  entry audit_entries;
  expected bytea := sha256(convert_to(opencals_store()::text, 'UTF8'));
  number bigint := 0;
begin
  for entry in select * from audit_entries where store_id = opencals_store() order by chain loop
    number := number + 1;
    if entry.chain <> number or entry.previous <> expected
       or entry.hash <> sha256(entry.previous || convert_to((to_jsonb(entry) - 'hash' - 'id')::text, 'UTF8')) then
      return number;
    end if;
    expected := entry.hash;
  end loop;
  if exists (select 1 from audit_heads where store_id = opencals_store() and (chain <> number or hash <> expected)) then
    return number + 1;
  end if;
  return null;
end $$;

-- Many entries at once (imports): the head is read once and written once. Only this function may bring its own chain numbers.
create function refuse_own_chain() returns trigger language plpgsql as $$
begin
  if current_user = 'opencals_app' then
    raise exception 'audit entries are numbered by the database' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
-- Named to fire before chain_audit_entry (triggers fire in the order of their names).
create trigger app_may_not_number before insert on audit_entries for each row when (new.chain <> 0) execute function refuse_own_chain();

create function append_audit(entries jsonb) returns void language plpgsql security definer
  set search_path = pg_catalog, public set timezone = 'UTC' as $$
declare
  head audit_heads;
  given jsonb;
  entry audit_entries;
begin
  select * into head from audit_heads where store_id = opencals_store() for update;
  for given in select value from jsonb_array_elements(entries) loop
    entry := jsonb_populate_record(null::audit_entries, given);
    entry.store_id := opencals_store();
    entry.allowed := coalesce(entry.allowed, true);
    entry.facts := coalesce(entry.facts, '{}');
    entry.id := nextval(pg_get_serial_sequence('audit_entries', 'id'));
    head.chain := head.chain + 1;
    entry.chain := head.chain;
    entry.previous := head.hash;
    entry.hash := sha256(head.hash || convert_to((to_jsonb(entry) - 'hash' - 'id')::text, 'UTF8'));
    head.hash := entry.hash;
    insert into audit_entries overriding system value select entry.*;
  end loop;
  update audit_heads set chain = head.chain, hash = head.hash where store_id = opencals_store();
end $$;
