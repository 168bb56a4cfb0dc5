-- I2: what is on its way back never exceeds its part of the refund, nor all of them the payment, whatever the code above does.
create function keep_refund_intents_within() returns trigger language plpgsql as $$
declare
  of_line bigint; of_payment bigint; captured bigint; live bigint;
begin
  if new.state = 'failed' then
    return new;
  end if;
  select amount, payment_id into of_line, of_payment from refund_lines where store_id = new.store_id and id = new.line_id;
  if new.amount > of_line or new.payment_id <> of_payment then
    raise exception 'more than the part of the refund' using errcode = 'check_violation', constraint = 'refund_intents_within_line';
  end if;
  select amount into captured from payments where store_id = new.store_id and id = new.payment_id for update;
  select coalesce(sum(amount), 0) into live from refund_intents
    where store_id = new.store_id and payment_id = new.payment_id and state <> 'failed' and id <> new.id;
  if live + new.amount > captured then
    raise exception 'more than was captured' using errcode = 'check_violation', constraint = 'refund_intents_within_payment';
  end if;
  return new;
end $$;
create trigger keep_refund_intents_within before insert or update of amount, state, line_id, payment_id on refund_intents
  for each row execute function keep_refund_intents_within();

-- I4: forced row level security, as on every table of a store.
do $$
declare t text;
begin
  foreach t in array array['payment_accounts', 'payers', 'cards', 'card_consents', 'intents', 'refund_intents', 'stripe_events'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;
grant usage on all sequences in schema public to opencals_app;

-- A consent is evidence: written once.
revoke update, delete on card_consents from opencals_app;
-- Only whose it is may follow a merge of two customers (R44); what was agreed to never changes.
grant update (customer_id) on card_consents to opencals_app;
create trigger consents_are_fixed before update on card_consents for each row
  when ((to_jsonb(old) - 'customer_id') is distinct from (to_jsonb(new) - 'customer_id')) execute function refuse_change();

-- The ways across stores: which store an account belongs to, and where payments wait for something to be done.
create policy owner_reads on payment_accounts for select to current_user using (true);
create policy owner_reads on intents for select to current_user using (true);
create policy owner_reads on refund_intents for select to current_user using (true);
create policy owner_reads on stripe_events for select to current_user using (true);

create function store_for_account(wanted text) returns bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from payment_accounts where account_hash = wanted
$$;
create function due_payments() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select o.store_id from outbox o
    where o.state = 'due' and o.channel = 'stripe' and o.due_at <= opencals_now() and (o.leased_until is null or o.leased_until <= opencals_now())
  union
  select e.store_id from stripe_events e where e.state = 'due' and e.due_at <= opencals_now()
  union
  select i.store_id from intents i where i.check_at <= opencals_now()
  union
  select r.store_id from refund_intents r where r.check_at <= opencals_now()
  union
  select a.store_id from payment_accounts a where a.ended_at is null and a.sweep_at <= opencals_now()
$$;
revoke execute on function store_for_account(text), due_payments() from public;
grant execute on function store_for_account(text), due_payments() to opencals_app;
