-- The shop's own wording of messages, withdrawals from contracts (R48), calendars of staff members.

create table message_templates (
    store_id bigint not null,
    id bigint not null,
    topic text not null,
    locale text not null,
    version bigint not null,
    subject text,
    heading text,
    body text,
    sms text,
    created_at timestamp with time zone not null,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    constraint message_templates_whole check ((subject is null) = (body is null) and (heading is null) = (body is null) and version >= 1),
    constraint message_templates_length check (char_length(subject) <= 200 and char_length(heading) <= 200 and char_length(body) <= 5000
        and char_length(sms) <= 300)
);
create unique index message_templates_versions on message_templates (store_id, topic, locale, version);

alter table stores add column withdrawal text default 'off' not null;
alter table stores add constraint stores_withdrawal check (withdrawal in ('off', 'eu', 'everyone'));
alter table services add column withdrawal_exempt boolean default false not null;

-- What somebody declared, as they declared it: kept beside the bookings, changed by nobody.
create table withdrawals (
    store_id bigint not null,
    id bigint not null,
    name text not null,
    email text not null,
    contract text not null,
    statement text default '' not null,
    booking_id bigint,
    received_at timestamp with time zone not null,
    handled_at timestamp with time zone,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    foreign key (store_id, booking_id) references bookings (store_id, id)
);
create index withdrawals_by_time on withdrawals (store_id, received_at, id);
create function keep_withdrawal() returns trigger language plpgsql as $$
begin
  if (old.contract, old.received_at, old.booking_id) is distinct from (new.contract, new.received_at, new.booking_id) then
    raise exception 'a withdrawal is kept as it was received' using errcode = 'check_violation', constraint = 'withdrawals_kept';
  end if;
  return new;
end $$;
create trigger keep_withdrawal before update on withdrawals for each row execute function keep_withdrawal();

create table staff_calendars (
    store_id bigint not null,
    id bigint not null,
    staff_id bigint not null,
    sealed_url text,
    host text,
    feed_hash text,
    etag text,
    state text default 'new' not null,
    problem text,
    busy_spans bigint default 0 not null,
    fetched_at timestamp with time zone,
    due_at timestamp with time zone,
    created_at timestamp with time zone not null,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    foreign key (store_id, staff_id) references staff (store_id, id),
    constraint staff_calendars_state check (state in ('new', 'ok', 'failing')),
    constraint staff_calendars_due check (sealed_url is not null or due_at is null)
);
create unique index staff_calendars_of on staff_calendars (store_id, staff_id);
create unique index staff_calendars_feed on staff_calendars (store_id, feed_hash) where feed_hash is not null;
create index staff_calendars_due_at on staff_calendars (store_id, due_at) where due_at is not null;

alter table occupancies drop constraint occupancies_kind;
alter table occupancies add constraint occupancies_kind check (kind in ('booking', 'hold', 'session', 'block', 'calendar'));

do $$
declare t text;
begin
  foreach t in array array['message_templates', 'withdrawals', 'staff_calendars'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;
revoke delete on withdrawals from opencals_app;

create policy owner_reads on staff_calendars for select to current_user using (true);
create function stores_with_calendars() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select s.store_id from stores s
    where exists (select 1 from staff_calendars c where c.store_id = s.store_id and c.due_at <= opencals_now())
$$;
revoke execute on function stores_with_calendars() from public;
grant execute on function stores_with_calendars() to opencals_app;
