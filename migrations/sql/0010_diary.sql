-- The diary of the dashboard: notes of the shop, and finding customers by the beginning of a word.

CREATE TABLE booking_notes (
    booking_id BIGINT NOT NULL,
    user_id BIGINT,
    text TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    FOREIGN KEY(store_id, user_id) REFERENCES users (store_id, id),
    CONSTRAINT booking_notes_text CHECK (char_length(text) between 1 and 2000)
);
CREATE INDEX booking_notes_of ON booking_notes (store_id, booking_id, created_at);

-- Every word a customer was ever known by, in lower case, and the endings of phone numbers. Compared byte by byte.
CREATE TABLE customer_words (
    store_id BIGINT NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    customer_id BIGINT NOT NULL,
    PRIMARY KEY (store_id, word, customer_id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id) ON DELETE CASCADE
);
CREATE INDEX customer_words_of ON customer_words (store_id, customer_id);

do $$
declare t text;
begin
  foreach t in array array['booking_notes', 'customer_words'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;

-- Someone merged into another customer keeps the row, so that history keeps its ids (R44).
alter table customers add column merged_into bigint;
alter table customers add constraint customers_merged_into foreign key (store_id, merged_into) references customers (store_id, id);
alter table customers add constraint customers_merged_is_closed check (merged_into is null or (erased_at is not null and merged_into <> id));

CREATE INDEX bookings_of_staff ON bookings (store_id, staff_id, starts_at, id);
CREATE INDEX bookings_by_status ON bookings (store_id, status, starts_at, id);
CREATE INDEX bookings_by_creation ON bookings (store_id, created_at);
CREATE INDEX customers_duplicates ON customers (store_id, phone) WHERE phone is not null;
CREATE INDEX audit_by_time ON audit_entries (store_id, at);
CREATE INDEX outbox_by_recipient ON outbox (store_id, recipient);

create function search_words(name text, email text, phone text) returns setof text language sql immutable as $$
  select distinct word from (
    select regexp_split_to_table(lower(coalesce(name, '') collate "pg_c_utf8"), '[\s.,;:@_+()/"''-]+')
    union all select regexp_split_to_table(lower(coalesce(email, '') collate "pg_c_utf8"), '[\s.,;:@_+()/"''-]+')
    union all select lower(email collate "pg_c_utf8")
    union all select right(digits, n) from (select regexp_replace(coalesce(phone, ''), '\D', '', 'g') as digits) d,
      generate_series(4, length(digits)) n
  ) as found (word) where word <> '' and char_length(word) <= 100
$$;

create function keep_customer_words() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.erased_at is not null then
    -- Whoever is erased is found by nothing any more, and what the shop noted about them goes too (R45, I60).
    delete from customer_words where store_id = new.store_id and customer_id = new.id;
    delete from booking_notes n using bookings b
      where n.store_id = new.store_id and b.store_id = n.store_id and b.id = n.booking_id and b.customer_id = new.id;
  else
    insert into customer_words (store_id, word, customer_id)
      select new.store_id, word, new.id from search_words(new.name, new.email, new.phone) as word on conflict do nothing;
  end if;
  return null;
end $$;
create trigger keep_customer_words after insert or update of name, email, phone, erased_at on customers
  for each row execute function keep_customer_words();

-- A booking may carry another spelling than its customer: whoever searches for it finds the customer.
create function keep_contact_words() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from customers c where c.store_id = new.store_id and c.id = new.customer_id and c.name = new.contact_name
                 and c.email is not distinct from new.contact_email and c.phone is not distinct from new.contact_phone) then
    insert into customer_words (store_id, word, customer_id)
      select new.store_id, word, new.customer_id
        from search_words(new.contact_name, new.contact_email, new.contact_phone) as word
        where not exists (select 1 from customers c where c.store_id = new.store_id and c.id = new.customer_id and c.erased_at is not null)
      on conflict do nothing;
  end if;
  return null;
end $$;
create trigger keep_contact_words after insert or update of customer_id, contact_name, contact_email, contact_phone on bookings
  for each row execute function keep_contact_words();

-- R45: of a document that has been issued only the customer's name gives way, and only to the pseudonym.
grant update (facts) on documents to opencals_app;
drop trigger documents_are_fixed on documents;
create trigger documents_are_fixed before update on documents for each row
  when ((to_jsonb(old) #- '{facts,customer}') is distinct from (to_jsonb(new) #- '{facts,customer}')
        or new.facts ->> 'customer' is distinct from 'Redacted customer') execute function refuse_change();
create trigger documents_stay before delete on documents for each row execute function refuse_change();

-- For customers who were there before: the owner meets row level security too, so store by store.
do $$
declare shop bigint;
begin
  for shop in select store_id from stores loop
    perform set_config('app.store_id', shop::text, true);
    insert into customer_words (store_id, word, customer_id)
      select c.store_id, word, c.id from customers c, search_words(c.name, c.email, c.phone) as word
      where c.erased_at is null on conflict do nothing;
    insert into customer_words (store_id, word, customer_id)
      select distinct b.store_id, word, b.customer_id from bookings b join customers c on c.store_id = b.store_id and c.id = b.customer_id,
        search_words(b.contact_name, b.contact_email, b.contact_phone) as word
      where c.erased_at is null on conflict do nothing;
  end loop;
  perform set_config('app.store_id', '', true);
end $$;
