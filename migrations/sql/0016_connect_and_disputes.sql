-- Accounts that shops open at Stripe by themselves, and what Stripe says of them; payments a customer's bank disputes.

alter table payment_accounts
  add column origin text not null default 'command',
  add column charges_enabled boolean not null default true,
  add column payouts_enabled boolean not null default true,
  add column details_submitted boolean not null default true,
  add column needs jsonb not null default '{}'::jsonb,
  add column linked_at timestamp with time zone,
  add column looked_at timestamp with time zone,
  add column look_at timestamp with time zone,
  add constraint payment_accounts_origin check (origin in ('command','onboarding')),
  add constraint payment_accounts_needs check (jsonb_typeof(needs) = 'object'),
  add constraint payment_accounts_look check (look_at is null or ended_at is null);
CREATE INDEX payment_accounts_look_due ON payment_accounts (store_id, look_at) WHERE look_at is not null;

-- An account that is being made: written before Stripe is asked, so that a repeat finds what the first try made (I16).
CREATE TABLE payment_onboardings (
    account_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, account_id) REFERENCES payment_accounts (store_id, id)
);
CREATE UNIQUE INDEX payment_onboardings_open ON payment_onboardings (store_id) WHERE account_id is null;

-- A payment that a customer's bank disputes, as Stripe tells it. `refund_id` is the ledger's row once it is lost.
CREATE TABLE disputes (
    provider_ref TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    booking_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    refundable BOOLEAN NOT NULL,
    answered BOOLEAN NOT NULL,
    due_by TIMESTAMP WITH TIME ZONE,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    refund_id BIGINT,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, account_id) REFERENCES payment_accounts (store_id, id),
    FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    FOREIGN KEY(store_id, refund_id) REFERENCES refunds (store_id, id),
    CONSTRAINT disputes_amount CHECK (amount >= 0),
    CONSTRAINT disputes_closed CHECK ((status in ('won','lost','warning_closed','prevented')) = (closed_at is not null))
);
CREATE UNIQUE INDEX disputes_provider_ref ON disputes (store_id, provider_ref);
CREATE INDEX disputes_of_booking ON disputes (store_id, booking_id);
CREATE INDEX disputes_of_payment ON disputes (store_id, payment_id);
CREATE INDEX disputes_open ON disputes (store_id, due_by, id) WHERE closed_at is null;

alter table refunds drop constraint refunds_cause;
alter table refunds add constraint refunds_cause check (cause in ('cancellation','seats','difference','goodwill','dispute'));

-- A dispute that was lost can be won on appeal: its part of the ledger is taken back, and the payment can be given back again.
create function keep_payment_taken_back() returns trigger language plpgsql as $$
begin
  update payments set refunded = refunded - old.amount where store_id = old.store_id and id = old.payment_id;
  return null;
end $$;
create trigger keep_payment_taken_back after delete on refund_lines for each row execute function keep_payment_taken_back();

do $$
declare t text;
begin
  foreach t in array array['payment_onboardings', 'disputes'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;

create or replace function due_payments() returns setof bigint language sql stable security definer
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
  select a.store_id from payment_accounts a where a.ended_at is null and least(a.sweep_at, a.look_at) <= opencals_now()
$$;
