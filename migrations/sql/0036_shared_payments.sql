-- One payment by card for several bookings that move together (R26, R31, R32): each has its part of it in a row of its own, all under the
-- provider's one reference, so that the ledger of every booking is true by itself. The release before writes payments of one booking only.
alter table payments add column shared boolean default false not null;
alter table payments add constraint payments_shared check (not shared or (method = 'card' and provider_ref is not null));
drop index payments_provider_ref;
CREATE UNIQUE INDEX payments_provider_ref ON payments (store_id, provider_ref) WHERE method = 'card' and provider_ref is not null and not shared;
CREATE UNIQUE INDEX payments_shares ON payments (store_id, provider_ref, booking_id) WHERE shared;

-- I2: the parts of a payment are never more than what was taken for it, and one that is shared is nobody's alone.
create function keep_shares_within() returns trigger language plpgsql as $$
declare
  taken bigint;
  noted bigint;
begin
  if new.shared then
    select amount into taken from intents
      where store_id = new.store_id and provider_ref = new.provider_ref and kind = 'difference' for update;
    select coalesce(sum(amount), 0) into noted from (
      select amount from payments where store_id = new.store_id and provider_ref = new.provider_ref and shared
      union all
      select amount from payments where store_id = new.store_id and provider_ref = new.provider_ref and method = 'card' and not shared) parts;
    if taken is null or noted + new.amount > taken then
      raise exception 'more than was taken' using errcode = 'check_violation', constraint = 'payments_shares_within';
    end if;
  elsif exists (select 1 from payments where store_id = new.store_id and provider_ref = new.provider_ref and shared) then
    raise exception 'noted in parts' using errcode = 'unique_violation', constraint = 'payments_provider_ref';
  end if;
  return new;
end $$;
create trigger keep_shares_within before insert on payments for each row
  when (new.method = 'card' and new.provider_ref is not null) execute function keep_shares_within();

-- What someone gave back of such a payment in the provider's dashboard may be for several of its parts.
alter table refund_intents add column spread boolean default false not null;
alter table refund_intents add constraint refund_intents_spread check (not spread or origin = 'outside');
drop index refund_intents_provider_ref;
CREATE UNIQUE INDEX refund_intents_provider_ref ON refund_intents (store_id, provider_ref) WHERE provider_ref is not null and not spread;
CREATE UNIQUE INDEX refund_intents_spread_ref ON refund_intents (store_id, provider_ref, line_id) WHERE provider_ref is not null and spread;

-- A disputed payment is disputed for each of its parts.
drop index disputes_provider_ref;
CREATE UNIQUE INDEX disputes_provider_ref ON disputes (store_id, provider_ref, payment_id);

-- Work of a new kind: an older worker takes a part for the whole payment and sends too little of a refund, so that it must not take it,
-- whoever queued it.
alter table outbox drop constraint outbox_channel;
alter table outbox add constraint outbox_channel check (channel in ('email','sms','stripe','stripe_shared','shopify','webhook'));
create function keep_shared_refunds_apart() returns trigger language plpgsql as $$
begin
  if exists (select 1 from refund_lines l join payments p on p.store_id = l.store_id and p.id = l.payment_id
      where l.store_id = new.store_id and l.refund_id = new.recipient::bigint and p.shared) then
    new.channel := 'stripe_shared';
  end if;
  return new;
end $$;
create trigger keep_shared_refunds_apart before insert on outbox for each row
  when (new.topic = 'execute_refund' and new.channel = 'stripe') execute function keep_shared_refunds_apart();

create or replace function due_payments() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select o.store_id from outbox o where o.state = 'due' and o.channel in ('stripe', 'stripe_shared')
    and o.due_at <= opencals_now() and (o.leased_until is null or o.leased_until <= opencals_now())
  union
  select e.store_id from stripe_events e where e.state = 'due' and e.due_at <= opencals_now()
  union
  select i.store_id from intents i where i.check_at <= opencals_now()
  union
  select r.store_id from refund_intents r where r.check_at <= opencals_now()
  union
  select a.store_id from payment_accounts a where a.ended_at is null and least(a.sweep_at, a.look_at) <= opencals_now()
$$;
