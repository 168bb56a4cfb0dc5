-- Customers who are no more over there, by the keyed hash of their GID: whom they were merged into, or who they were here until they were
-- deleted. So a merge may be heard of after what followed it (I23, R44).
create table shopify_gone (
    store_id bigint not null,
    gid_hash text not null,
    kept_gid text,
    customer_id bigint,
    gone_at timestamp with time zone not null,
    primary key (store_id, gid_hash),
    foreign key (store_id) references stores (store_id),
    foreign key (store_id, customer_id) references customers (store_id, id)
);
create index shopify_gone_into on shopify_gone (store_id, kept_gid) where kept_gid is not null;
create index shopify_gone_customers on shopify_gone (store_id, customer_id) where customer_id is not null;

-- Where what lists sort by its start stood before it moved, so that a walk over a list goes on as it began (I66). `n` is drawn while the
-- row is held, so the moves of one thing have its order; `xid` tells whether a walk had seen the move when it began.
create table moved_starts (
    store_id bigint not null,
    n bigint generated always as identity,
    thing text not null,
    thing_id bigint not null,
    xid bigint default (pg_current_xact_id()::text)::bigint not null,
    starts_at timestamp with time zone not null,
    moved_at timestamp with time zone default clock_timestamp() not null,
    primary key (store_id, n),
    foreign key (store_id) references stores (store_id)
);
create index moved_starts_by_transaction on moved_starts (store_id, xid);
create index moved_starts_by_age on moved_starts (store_id, moved_at);

do $$
declare t text;
begin
  foreach t in array array['shopify_gone', 'moved_starts'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;

create function note_moved_start() returns trigger language plpgsql as $$
begin
  insert into moved_starts (store_id, thing, thing_id, starts_at) values (old.store_id, tg_table_name, old.id, old.starts_at);
  return null;
end $$;
create trigger note_moved_start after update of starts_at on bookings for each row
  when (old.starts_at <> new.starts_at) execute function note_moved_start();
create trigger note_moved_start after update of starts_at on blocks for each row
  when (old.starts_at <> new.starts_at) execute function note_moved_start();
create trigger note_moved_start after update of starts_at on sessions for each row
  when (old.starts_at <> new.starts_at) execute function note_moved_start();
