-- Documents, store credit that can be spent, what is still to pay, and what the shop's law asks for on a receipt.

alter table stores
  add legal_name text, add legal_address text, add tax_id text, add tax_percent text,
  add credit_days bigint default 365,
  add constraint stores_tax_percent check (tax_percent ~ '^[0-9]{1,2}(\.[0-9]{1,4})?$'),
  add constraint stores_credit_days check (credit_days between 1 and 3650);

alter table bookings
  add due bigint not null default 0, add sticky_credit boolean not null default false,
  add constraint bookings_due check (due >= 0);
update bookings set due = greatest(0, price - paid) where closed_at is null;

-- Money and credit of one cancellation are two rows: one is owed and carried out, the other is given at once.
alter table refunds add reason text;
drop index refunds_one_per_cancellation;
create unique index refunds_one_per_cancellation on refunds (store_id, booking_id) where cause = 'cancellation' and outcome <> 'credit';
create unique index refunds_one_credit_per_cancellation on refunds (store_id, booking_id) where cause = 'cancellation' and outcome = 'credit';

alter table payments drop constraint payments_method;
alter table payments add constraint payments_method check (method in ('card','cash','gift_card','shopify','external','credit'));

-- What is still to pay follows the booking's life and its payments; a move to another price writes it itself (R26).
create function start_booking_due() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    new.due := case when new.closed_at is null then new.price else 0 end;
  elsif new.status in ('cancelled', 'declined', 'expired') then
    new.due := 0;
  end if;
  return new;
end $$;
create trigger start_booking_due before insert or update of status on bookings for each row execute function start_booking_due();

create or replace function keep_booking_paid() returns trigger language plpgsql as $$
begin
  update bookings set paid = paid + new.amount, due = greatest(0, due - new.amount)
    where store_id = new.store_id and id = new.booking_id and currency = new.currency;
  if not found then
    raise exception 'payment in another currency than its booking' using errcode = 'check_violation', constraint = 'payments_currency';
  end if;
  return null;
end $$;

-- Credit spent: which credit, for which payment. The CHECK on credits refuses the unit too many (R21).
create table credit_uses (
    credit_id bigint not null,
    payment_id bigint not null,
    amount bigint not null,
    store_id bigint not null,
    id bigint not null,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    foreign key (store_id, credit_id) references credits (store_id, id),
    foreign key (store_id, payment_id) references payments (store_id, id),
    constraint credit_uses_amount check (amount > 0)
);
create unique index credit_uses_of on credit_uses (store_id, payment_id, credit_id);

create function keep_credit_used() returns trigger language plpgsql as $$
begin
  update credits c set used = used + new.amount from payments p
    where c.store_id = new.store_id and c.id = new.credit_id and p.store_id = new.store_id and p.id = new.payment_id
      and p.method = 'credit' and p.currency = c.currency;
  if not found then
    raise exception 'credit spent on a payment of another kind or currency' using errcode = 'check_violation', constraint = 'credit_uses_payment';
  end if;
  return null;
end $$;
create trigger keep_credit_used after insert on credit_uses for each row execute function keep_credit_used();
create trigger credit_uses_are_fixed before update or delete on credit_uses for each row execute function refuse_change();

-- R39: documents carry numbers without gaps, given by the database at the insert and never changed.
create table document_counters (
    store_id bigint not null,
    last bigint not null,
    primary key (store_id),
    foreign key (store_id) references stores (store_id)
);
create table documents (
    number bigint default 0 not null,
    kind text not null,
    booking_id bigint not null,
    refund_id bigint,
    amount bigint not null,
    covers bigint not null,
    currency text not null,
    facts jsonb not null,
    issued_at timestamp with time zone not null,
    store_id bigint not null,
    id bigint not null,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    foreign key (store_id, booking_id) references bookings (store_id, id),
    foreign key (store_id, refund_id) references refunds (store_id, id),
    constraint documents_kind check (kind in ('receipt', 'credit_note') and (kind = 'credit_note') = (refund_id is not null)),
    constraint documents_amount check (amount > 0 and covers >= 0)
);
create unique index documents_number on documents (store_id, number);
create unique index documents_of_refund on documents (store_id, refund_id) where refund_id is not null;
create unique index documents_of_payment on documents (store_id, booking_id, covers) where kind = 'receipt';
create index documents_of_booking on documents (store_id, booking_id, number);

create function number_document() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into document_counters as c (store_id, last) values (new.store_id, 1)
    on conflict (store_id) do update set last = c.last + 1 returning last into new.number;
  return new;
end $$;
create trigger number_document before insert on documents for each row execute function number_document();
create trigger documents_are_fixed before update or delete on documents for each row execute function refuse_change();

do $$
declare t text;
begin
  foreach t in array array['credit_uses', 'document_counters', 'documents'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert on %I to opencals_app', t);
  end loop;
end $$;
revoke insert on document_counters from opencals_app;
