-- Payments and events of Stripe are each kept once.

-- I16: what a customer paid at Stripe is one payment of one booking, whatever the code above does.
CREATE UNIQUE INDEX IF NOT EXISTS payments_provider_ref ON payments (store_id, provider_ref) WHERE method = 'card' and provider_ref is not null;

-- A delivery of Stripe is kept in one statement: whose account it is, and the event unless it is there already. The store it was new for.
create function receive_stripe_event(marks text[], event text, kind text, about text, of_payment text, made timestamptz) returns bigint
  language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  whose bigint; kept bigint;
begin
  select store_id into whose from payment_accounts where account_hash = any(marks);
  if whose is null then
    return null;
  end if;
  perform set_config('app.store_id', whose::text, true);
  insert into stripe_events (store_id, event_id, topic, object_id, parent, made_at, received_at, due_at)
    values (whose, event, kind, about, of_payment, made, opencals_now(), opencals_now()) on conflict do nothing returning id into kept;
  return case when kept is null then null else whose end;
end $$;
revoke execute on function receive_stripe_event(text[], text, text, text, text, timestamptz) from public;
grant execute on function receive_stripe_event(text[], text, text, text, text, timestamptz) to opencals_app;
drop function store_for_account(text);
