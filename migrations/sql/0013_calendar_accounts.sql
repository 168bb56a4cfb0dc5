-- Calendars of staff at Google and Microsoft, read by OAuth: the sealed token, where reading goes on, and the times last read.
-- Full classes in the account of who waits for them; signing in by telephone.

alter table staff_calendars add column provider text default 'ics' not null;
alter table staff_calendars add column sealed_token text;
alter table staff_calendars add column cursor text;
alter table staff_calendars add column whole_at timestamp with time zone;
alter table staff_calendars drop constraint staff_calendars_state;
alter table staff_calendars add constraint staff_calendars_state check (state in ('new', 'ok', 'failing', 'reconnect'));
alter table staff_calendars drop constraint staff_calendars_due;
alter table staff_calendars add constraint staff_calendars_due check (
    sealed_url is not null or sealed_token is not null or due_at is null);
alter table staff_calendars add constraint staff_calendars_provider check (
    provider in ('ics', 'google', 'microsoft') and (sealed_url is null or provider = 'ics') and (sealed_token is null or provider <> 'ics'));
alter table staff_calendars add constraint staff_calendars_reconnect check (
    state <> 'reconnect' or provider <> 'ics' and sealed_token is null and due_at is null);

-- Codes that sign in by a proven telephone number.
alter table login_codes drop constraint login_codes_purpose;
alter table login_codes add constraint login_codes_purpose check (purpose in ('login', 'change_email', 'dashboard', 'verify_phone', 'login_phone'));

-- What a customer waits for, for the list in their account.
create index waitlist_seats_of_customer on waitlist_entries (store_id, customer_id) where state = 'waiting' and kind = 'seat';

-- What an entry elsewhere keeps busy, and nothing else of it: its id only as a hash, by which a later change finds it again.
create table calendar_times (
    store_id bigint not null,
    calendar_id bigint not null,
    entry text not null,
    series text,
    starts_at timestamp with time zone not null,
    ends_at timestamp with time zone not null,
    primary key (store_id, calendar_id, entry),
    foreign key (store_id, calendar_id) references staff_calendars (store_id, id) on delete cascade,
    constraint calendar_times_span check (ends_at > starts_at)
);
create index calendar_times_series on calendar_times (store_id, calendar_id, series) where series is not null;

-- Tokens that are used no longer and still have to be given back to who made them.
create table ended_grants (
    store_id bigint not null,
    id bigint not null,
    provider text not null,
    sealed_token text not null,
    attempts bigint default 0 not null,
    due_at timestamp with time zone not null,
    created_at timestamp with time zone not null,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    constraint ended_grants_provider check (provider in ('google', 'microsoft'))
);
create index ended_grants_due on ended_grants (store_id, due_at);

do $$
declare t text;
begin
  foreach t in array array['calendar_times', 'ended_grants'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;

create policy owner_reads on ended_grants for select to current_user using (true);
create or replace function stores_with_calendars() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select s.store_id from stores s
    where exists (select 1 from staff_calendars c where c.store_id = s.store_id and c.due_at <= opencals_now())
       or exists (select 1 from ended_grants g where g.store_id = s.store_id and g.due_at <= opencals_now())
$$;
