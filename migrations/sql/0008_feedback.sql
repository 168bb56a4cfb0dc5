-- Feedback, reminders, SMS delivery, and what customers change about themselves (R8, R37, R38, R40, R45).

create table feedback (
    store_id bigint not null,
    id bigint not null,
    booking_id bigint not null,
    customer_id bigint not null,
    service_id bigint not null,
    staff_id bigint not null,
    rating bigint not null,
    comment text default '' not null,
    may_publish boolean default false not null,
    published_at timestamp with time zone,
    reply text,
    replied_at timestamp with time zone,
    created_at timestamp with time zone not null,
    edited_at timestamp with time zone,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    foreign key (store_id, booking_id) references bookings (store_id, id),
    foreign key (store_id, customer_id) references customers (store_id, id),
    foreign key (store_id, service_id) references services (store_id, id),
    foreign key (store_id, staff_id) references staff (store_id, id),
    constraint feedback_rating check (rating between 1 and 5),
    constraint feedback_comment check (char_length(comment) <= 2000),
    constraint feedback_reply check ((reply is null) = (replied_at is null) and char_length(reply) <= 2000),
    constraint feedback_published check (published_at is null or may_publish)
);
create unique index feedback_of_booking on feedback (store_id, booking_id);
create index feedback_of_customer on feedback (store_id, customer_id);
create index feedback_by_time on feedback (store_id, created_at, id);
create index feedback_shown on feedback (store_id, published_at, id) where published_at is not null;

-- R37: the shop replies once. A reply may be erased, never rewritten.
create function keep_feedback_reply() returns trigger language plpgsql as $$
begin
  if old.reply is not null and new.reply is not null and new.reply <> old.reply then
    raise exception 'feedback is answered once' using errcode = 'check_violation', constraint = 'feedback_replied_once';
  end if;
  return new;
end $$;
create trigger keep_feedback_reply before update of reply on feedback for each row execute function keep_feedback_reply();

-- When to look at a booking again: before it starts (reminders) and after it ended (asking for feedback). What is sent, if
-- anything, is decided then (R40, I59). `since` is when the time was agreed.
create table reminders (
    store_id bigint not null,
    booking_id bigint not null,
    kind text not null,
    lead_s bigint not null,
    starts_at timestamp with time zone not null,
    due_at timestamp with time zone not null,
    since timestamp with time zone not null,
    state text default 'due' not null,
    primary key (store_id, booking_id, kind, lead_s, starts_at),
    foreign key (store_id, booking_id) references bookings (store_id, id),
    constraint reminders_kind check (kind in ('before', 'feedback') and (kind = 'before') = (lead_s > 0)),
    constraint reminders_state check (state in ('due', 'sent', 'dropped'))
);
create index reminders_due on reminders (store_id, due_at) where state = 'due';

alter table services add column reminder_leads bigint[] default '{86400,7200}' not null;
alter table services add constraint services_reminders check (
    cardinality(reminder_leads) <= 4 and 900 <= all (reminder_leads) and 1209600 >= all (reminder_leads));
alter table stores add column ask_feedback boolean default true not null;
alter table stores add column quiet_from text default '21:00' not null;
alter table stores add column quiet_to text default '08:00' not null;
alter table stores add constraint stores_quiet check (
    quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and quiet_to ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$');

-- Follows the booking in the same statement, whoever writes it: moves and cancellations cannot leave an old reminder behind (D25).
create function keep_reminders() returns trigger language plpgsql as $$
declare
  moved boolean := tg_op = 'INSERT';
  agreed timestamptz := new.created_at;
begin
  if tg_op = 'UPDATE' then
    moved := (old.starts_at, old.ends_at) is distinct from (new.starts_at, new.ends_at);
    agreed := opencals_now();
  end if;
  if new.status in ('cancelled', 'no_show', 'declined', 'expired') then
    if tg_op = 'UPDATE' then
      update reminders set state = 'dropped' where store_id = new.store_id and booking_id = new.id and state = 'due';
    end if;
    return null;
  end if;
  if not moved then return null; end if;
  if tg_op = 'UPDATE' then
    update reminders set state = 'dropped' where store_id = new.store_id and booking_id = new.id and state = 'due';
  end if;
  if new.ends_at <= opencals_now() then return null; end if;
  insert into reminders (store_id, booking_id, kind, lead_s, starts_at, due_at, since)
    select new.store_id, new.id, 'before', lead, new.starts_at, new.starts_at - make_interval(secs => lead), agreed
      from services s, unnest(s.reminder_leads) lead
      where s.store_id = new.store_id and s.id = new.service_id and new.starts_at - make_interval(secs => lead) > opencals_now()
    union all
    select new.store_id, new.id, 'feedback', 0, new.starts_at, new.ends_at, agreed
    on conflict (store_id, booking_id, kind, lead_s, starts_at) do update
      set state = 'due', due_at = excluded.due_at, since = excluded.since where reminders.state = 'dropped';
  return null;
end $$;
create trigger keep_reminders after insert or update of status, starts_at, ends_at on bookings
  for each row execute function keep_reminders();

-- What became of an SMS at the provider. `rank` only grows, whatever the order of its reports.
create table sms_deliveries (
    store_id bigint not null,
    outbox_id bigint not null,
    sid text not null,
    phone text not null,
    state text not null,
    error_code text,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    primary key (store_id, outbox_id),
    foreign key (store_id, outbox_id) references outbox (store_id, id) on delete cascade,
    constraint sms_deliveries_state check (state in ('accepted', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed'))
);
create unique index sms_deliveries_sid on sms_deliveries (store_id, sid);
create index sms_deliveries_phone on sms_deliveries (store_id, phone);

-- Numbers that answered STOP; nothing goes to them until they answer START.
create table sms_stops (
    store_id bigint not null,
    phone text not null,
    stopped_at timestamp with time zone not null,
    primary key (store_id, phone),
    foreign key (store_id) references stores (store_id)
);

alter table customers add column phone_verified_at timestamp with time zone;
alter table customers add column zone text;
alter table customer_logins add column device text default '' not null;
alter table login_codes drop constraint login_codes_purpose;
alter table login_codes add constraint login_codes_purpose check (purpose in ('login', 'change_email', 'dashboard', 'verify_phone'));

-- Every change of an address, and the one link with which the old address can take it back (R8).
create table email_changes (
    store_id bigint not null,
    id bigint not null,
    customer_id bigint not null,
    old_email text not null,
    new_email text not null,
    undo_hash text not null,
    changed_at timestamp with time zone not null,
    undo_until timestamp with time zone not null,
    closed_at timestamp with time zone,
    undone boolean default false not null,
    primary key (store_id, id),
    foreign key (store_id) references stores (store_id),
    foreign key (store_id, customer_id) references customers (store_id, id),
    constraint email_changes_undone check (not undone or closed_at is not null)
);
create unique index email_changes_undo on email_changes (store_id, undo_hash);
create index email_changes_of on email_changes (store_id, customer_id, changed_at);

do $$
declare t text;
begin
  foreach t in array array['feedback', 'reminders', 'sms_deliveries', 'sms_stops', 'email_changes'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;

create policy owner_reads on reminders for select to current_user using (true);
create policy owner_reads on sms_deliveries for select to current_user using (true);

-- Stores that have reminders to look at now: one probe of the index for each store, however many wait for later.
create function stores_with_reminders() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select s.store_id from stores s
    where exists (select 1 from reminders r where r.store_id = s.store_id and r.state = 'due' and r.due_at <= opencals_now())
$$;
-- Whom a STOP concerns: the stores that have written to the number.
create function stores_texting(number text) returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select s.store_id from stores s where exists (select 1 from sms_deliveries d where d.store_id = s.store_id and d.phone = number)
$$;
revoke execute on function stores_with_reminders(), stores_texting(text) from public;
grant execute on function stores_with_reminders(), stores_texting(text) to opencals_app;
