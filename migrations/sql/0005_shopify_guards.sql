-- What the shop at Shopify has to hear of is noted by the database itself, so no action can forget it. Marks of the same thing
-- run together: one later write carries them all (I25).

create function shopify_mark(wanted_kind text, wanted_subject text) returns void language plpgsql as $$
begin
  insert into shopify_due (store_id, kind, subject, due_at, created_at)
    values (opencals_store(), wanted_kind, wanted_subject, opencals_now(), opencals_now())
    on conflict (store_id, kind, subject) do update
      set marks = shopify_due.marks + 1, state = 'due', attempts = 0, due_at = excluded.due_at;
end $$;

create function shopify_connected() returns boolean language sql stable as $$
  select exists (select 1 from shopify_installs where store_id = opencals_store() and state <> 'uninstalled')
$$;

-- When each field of a customer last changed here: a conflict of two edits is decided by the later one.
create function note_customer_for_shopify() returns trigger language plpgsql as $$
declare
  fresh jsonb := '{}';
begin
  -- What came from Shopify is no change of ours: it must not go back there (no echo).
  if new.erased_at is not null or current_setting('app.from_shopify', true) = '1' or not shopify_connected() then return null; end if;
  if tg_op = 'INSERT' or new.name is distinct from old.name then fresh := fresh || jsonb_build_object('name', opencals_now()); end if;
  if tg_op = 'INSERT' or new.email is distinct from old.email then fresh := fresh || jsonb_build_object('email', opencals_now()); end if;
  if tg_op = 'INSERT' or new.phone is distinct from old.phone then fresh := fresh || jsonb_build_object('phone', opencals_now()); end if;
  if tg_op = 'INSERT' or new.locale is distinct from old.locale then fresh := fresh || jsonb_build_object('locale', opencals_now()); end if;
  if fresh = '{}' then return null; end if;
  insert into shopify_customers (store_id, customer_id, changed) values (new.store_id, new.id, fresh)
    on conflict (store_id, customer_id) do update set changed = shopify_customers.changed || excluded.changed;
  perform shopify_mark('customer', new.id::text);
  return null;
end $$;
create trigger note_customer_for_shopify after insert or update of name, email, phone, locale
  on customers for each row execute function note_customer_for_shopify();

create function note_booking_for_shopify() returns trigger language plpgsql as $$
begin
  if not shopify_connected() then return null; end if;
  perform shopify_mark('calendar', new.customer_id::text);
  if tg_op = 'UPDATE' then
    if old.customer_id <> new.customer_id then
      perform shopify_mark('calendar', old.customer_id::text);
    end if;
    -- A change that came from the order has released its line before (the loop guard of R43).
    if new.status in ('cancelled', 'declined', 'expired') and old.status <> new.status and exists (
        select 1 from shopify_order_lines l where l.store_id = new.store_id and l.booking_id = new.id and l.state = 'booked') then
      perform shopify_mark('cancelled_line', new.id::text);
    end if;
  end if;
  return null;
end $$;
create trigger note_booking_for_shopify after insert or update of status, starts_at, ends_at, service_id, staff_id, customer_id
  on bookings for each row execute function note_booking_for_shopify();

-- Money of an order goes back through Shopify: at once in automatic mode, when the shop says so in manual mode (R23).
create function note_refund_line_for_shopify() returns trigger language plpgsql as $$
begin
  if exists (select 1 from payments p join refunds r on r.store_id = p.store_id and r.id = new.refund_id
             where p.store_id = new.store_id and p.id = new.payment_id and p.method = 'shopify'
               and (r.state = 'pending' or (r.state = 'owed' and r.mode = 'automatic'))) and shopify_connected() then
    perform shopify_mark('refund', new.refund_id::text);
  end if;
  return null;
end $$;
create trigger note_refund_line_for_shopify after insert on refund_lines for each row execute function note_refund_line_for_shopify();

create function note_refund_for_shopify() returns trigger language plpgsql as $$
begin
  if exists (select 1 from refund_lines l join payments p on p.store_id = l.store_id and p.id = l.payment_id
             where l.store_id = new.store_id and l.refund_id = new.id and p.method = 'shopify') and shopify_connected() then
    perform shopify_mark('refund', new.id::text);
  end if;
  return null;
end $$;
create trigger note_refund_for_shopify after update of state on refunds for each row
  when (new.state = 'pending' and old.state <> 'pending') execute function note_refund_for_shopify();

-- shop/redact (R45): everything of a store goes, its audit trail too. Only this function may, and only for a shop that has left.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_user <> 'opencals_app' and current_setting('app.erasing', true) = old.store_id::text then
    return old;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create function erase_store() returns void language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  wanted bigint := opencals_store();
  remaining text[];
  later text[];
  t text;
begin
  if not exists (select 1 from shopify_installs where store_id = wanted and state = 'uninstalled') then
    raise exception 'only a store whose shop has left is erased' using errcode = 'insufficient_privilege';
  end if;
  perform set_config('app.erasing', wanted::text, true);
  select array_agg(c.relname::text) into remaining from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'store_id'
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not a.attisdropped;
  -- Children before parents: what another table still points at is tried again in the next round.
  while array_length(remaining, 1) > 0 loop
    later := '{}';
    foreach t in array remaining loop
      begin
        execute format('delete from %I where store_id = $1', t) using wanted;
      exception when foreign_key_violation then
        later := later || t;
      end;
    end loop;
    if array_length(later, 1) = array_length(remaining, 1) then
      raise exception 'tables that cannot be emptied: %', later;
    end if;
    remaining := later;
  end loop;
  perform set_config('app.erasing', '', true);
end $$;
