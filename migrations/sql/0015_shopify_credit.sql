-- Credit for money that came with an order at Shopify is the shop's own store credit, and lives there (R23, R21).
alter table credits
  add column payment_id bigint,
  add column place text not null default 'store',
  add constraint credits_place check (place in ('store', 'shopify')),
  add foreign key (store_id, payment_id) references payments (store_id, id);

create table shopify_credits (
    store_id bigint not null,
    credit_id bigint not null,
    state text not null default 'due',
    asked_at timestamp with time zone,
    transaction_gid text,
    given_at timestamp with time zone,
    primary key (store_id, credit_id),
    foreign key (store_id, credit_id) references credits (store_id, id),
    constraint shopify_credits_state check (state in ('due', 'asked', 'given', 'store')),
    constraint shopify_credits_asked check ((state in ('asked', 'given')) <= (asked_at is not null)),
    constraint shopify_credits_given check ((state = 'given') = (transaction_gid is not null and given_at is not null))
);
-- What was given there pays for one credit of ours, whoever looks for it.
create unique index shopify_credits_once on shopify_credits (store_id, transaction_gid);
create index shopify_credits_open on shopify_credits (store_id) where state <> 'store';
alter table shopify_credits enable row level security;
alter table shopify_credits force row level security;
create policy rows_of_the_store on shopify_credits using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()));
grant select, insert, update on shopify_credits to opencals_app;

create function shopify_takes_credit(wanted bigint) returns boolean language sql stable as $$
  select exists (
    select 1 from shopify_installs i join customers c on c.store_id = i.store_id
      where i.store_id = opencals_store() and i.state <> 'uninstalled' and c.id = wanted and c.shopify_id is not null and c.erased_at is null
        and 'write_store_credit_account_transactions' = any (string_to_array(replace(i.scopes, ' ', ''), ',')))
$$;

create function place_credit() returns trigger language plpgsql as $$
begin
  if exists (select 1 from payments p where p.store_id = new.store_id and p.id = new.payment_id and p.method = 'shopify')
     and shopify_takes_credit(new.customer_id) then
    new.place := 'shopify';
  end if;
  return new;
end $$;
create trigger place_credit before insert on credits for each row execute function place_credit();

create function note_credit_for_shopify() returns trigger language plpgsql as $$
begin
  insert into shopify_credits (store_id, credit_id) values (new.store_id, new.id);
  perform shopify_mark('credit', new.id::text);
  return null;
end $$;
create trigger note_credit_for_shopify after insert on credits for each row when (new.place = 'shopify') execute function note_credit_for_shopify();

-- What lives at Shopify is spent there, at its checkout, and nowhere else.
create or replace function keep_credit_used() returns trigger language plpgsql as $$
begin
  update credits c set used = used + new.amount from payments p
    where c.store_id = new.store_id and c.id = new.credit_id and p.store_id = new.store_id and p.id = new.payment_id
      and p.method = 'credit' and p.currency = c.currency and c.place = 'store';
  if not found then
    raise exception 'credit spent on a payment of another kind or currency, or living elsewhere' using errcode = 'check_violation', constraint = 'credit_uses_payment';
  end if;
  return null;
end $$;

alter table shopify_due drop constraint shopify_due_kind;
alter table shopify_due add constraint shopify_due_kind check (kind in
  ('customer','remote_customer','calendar','order','refund','cancelled_line','import','reconcile','credit','credit_left'));

-- Whether somebody wants news is a field of theirs like their name: it goes both ways, and a change that came from there stays here.
create or replace function note_customer_for_shopify() returns trigger language plpgsql as $$
declare
  fresh jsonb := '{}';
  channel text;
  wants boolean;
begin
  if new.erased_at is not null or current_setting('app.from_shopify', true) = '1' or not shopify_connected() then return null; end if;
  if tg_op = 'INSERT' or new.name is distinct from old.name then fresh := fresh || jsonb_build_object('name', opencals_now()); end if;
  if tg_op = 'INSERT' or new.email is distinct from old.email then fresh := fresh || jsonb_build_object('email', opencals_now()); end if;
  if tg_op = 'INSERT' or new.phone is distinct from old.phone then fresh := fresh || jsonb_build_object('phone', opencals_now()); end if;
  if tg_op = 'INSERT' or new.locale is distinct from old.locale then fresh := fresh || jsonb_build_object('locale', opencals_now()); end if;
  foreach channel in array array['email', 'sms'] loop
    wants := coalesce((new.preferences #>> array[channel, 'marketing'])::boolean, false);
    -- Without a choice nobody wants news: saying so for the first time, by leaving a box as it was, is no choice yet.
    if (tg_op = 'INSERT' and wants) or (tg_op = 'UPDATE' and wants <> coalesce((old.preferences #>> array[channel, 'marketing'])::boolean, false)) then
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
create trigger note_customer_for_shopify after insert or update of name, email, phone, locale, preferences
  on customers for each row execute function note_customer_for_shopify();
