-- Counter-offers, waiting for an earlier time or a seat, and what has become free (R34, R35).

ALTER TABLE stores ADD COLUMN waitlist BOOLEAN DEFAULT true NOT NULL;
ALTER TABLE stores ADD COLUMN waitlist_claim_minutes BIGINT DEFAULT '60' NOT NULL;
ALTER TABLE stores ADD COLUMN waitlist_rest_hours BIGINT DEFAULT '6' NOT NULL;
ALTER TABLE stores ADD COLUMN waitlist_bands JSONB
    DEFAULT '{"morning": ["06:00", "12:00"], "afternoon": ["12:00", "17:00"], "evening": ["17:00", "22:00"]}'::jsonb NOT NULL;
ALTER TABLE stores ADD COLUMN offer_hours BIGINT DEFAULT '24' NOT NULL;
ALTER TABLE stores ADD COLUMN offer_hold BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE stores ADD CONSTRAINT stores_waitlist CHECK (
    waitlist_claim_minutes between 5 and 1440 and waitlist_rest_hours between 1 and 168 and offer_hours between 1 and 168);
ALTER TABLE services ADD COLUMN offer_hold TEXT DEFAULT 'inherit' NOT NULL;
ALTER TABLE services ADD CONSTRAINT services_offer_hold CHECK (offer_hold in ('inherit','on','off'));

CREATE TABLE counter_offers (
    booking_id BIGINT NOT NULL,
    round BIGINT NOT NULL,
    n BIGINT NOT NULL,
    staff_id BIGINT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    FOREIGN KEY(store_id, staff_id) REFERENCES staff (store_id, id),
    CONSTRAINT counter_offers_number CHECK (n between 1 and 3 and round >= 1),
    CONSTRAINT counter_offers_span CHECK (ends_at > starts_at and expires_at <= starts_at),
    CONSTRAINT counter_offers_state CHECK (state in ('open','accepted','declined','expired','void')),
    CONSTRAINT counter_offers_closed CHECK ((closed_at is null) = (state = 'open'))
);
CREATE UNIQUE INDEX counter_offers_numbered ON counter_offers (store_id, booking_id, round, n);
-- I14: a round is accepted at most once.
CREATE UNIQUE INDEX counter_offers_one_accepted ON counter_offers (store_id, booking_id, round) WHERE state = 'accepted';

CREATE TABLE waitlist_entries (
    kind TEXT NOT NULL,
    booking_id BIGINT,
    session_id BIGINT,
    service_id BIGINT NOT NULL,
    staff_id BIGINT,
    customer_id BIGINT NOT NULL,
    seats BIGINT DEFAULT '1' NOT NULL,
    before TIMESTAMP WITH TIME ZONE NOT NULL,
    lives_until TIMESTAMP WITH TIME ZONE NOT NULL,
    weekdays BIGINT DEFAULT '127' NOT NULL,
    bands TEXT[] NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    end_reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    FOREIGN KEY(store_id, session_id) REFERENCES sessions (store_id, id),
    FOREIGN KEY(store_id, service_id) REFERENCES services (store_id, id),
    FOREIGN KEY(store_id, staff_id) REFERENCES staff (store_id, id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
    CONSTRAINT waitlist_entries_kind CHECK (
        kind = 'earlier' and booking_id is not null and session_id is null
        or kind = 'seat' and session_id is not null),
    CONSTRAINT waitlist_entries_wishes CHECK (
        weekdays between 1 and 127 and cardinality(bands) >= 1 and bands <@ array['morning','afternoon','evening'] and seats >= 1),
    CONSTRAINT waitlist_entries_state CHECK (state in ('waiting','taken','withdrawn','ended')),
    CONSTRAINT waitlist_entries_ended CHECK ((ended_at is null) = (state = 'waiting')),
    CONSTRAINT waitlist_entries_reason CHECK (
        (end_reason is not null) = (state = 'ended') and end_reason in ('moved','closed','past','cancelled'))
);
CREATE INDEX waitlist_waiting ON waitlist_entries (store_id, created_at, id) WHERE state = 'waiting';
CREATE INDEX waitlist_past ON waitlist_entries (store_id, lives_until) WHERE state = 'waiting';
CREATE INDEX waitlist_by_age ON waitlist_entries (store_id, created_at, id);
CREATE INDEX waitlist_of_booking ON waitlist_entries (store_id, booking_id) WHERE booking_id is not null;
CREATE UNIQUE INDEX waitlist_once_a_booking ON waitlist_entries (store_id, booking_id) WHERE state = 'waiting' and kind = 'earlier';
CREATE UNIQUE INDEX waitlist_once_a_seat ON waitlist_entries (store_id, session_id, customer_id) WHERE state = 'waiting' and kind = 'seat';

CREATE TABLE waitlist_offers (
    entry_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    booking_id BIGINT,
    service_id BIGINT NOT NULL,
    staff_id BIGINT NOT NULL,
    session_id BIGINT,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, entry_id) REFERENCES waitlist_entries (store_id, id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    FOREIGN KEY(store_id, service_id) REFERENCES services (store_id, id),
    FOREIGN KEY(store_id, staff_id) REFERENCES staff (store_id, id),
    FOREIGN KEY(store_id, session_id) REFERENCES sessions (store_id, id),
    CONSTRAINT waitlist_offers_span CHECK (ends_at > starts_at and expires_at <= starts_at and expires_at > created_at),
    CONSTRAINT waitlist_offers_state CHECK (state in ('open','accepted','refused','expired','void')),
    CONSTRAINT waitlist_offers_closed CHECK ((closed_at is null) = (state = 'open'))
);
-- One offer at a time for each who waits, the same time never twice, and one acceptance ends the waiting (I14, D27).
CREATE UNIQUE INDEX waitlist_offers_one_open ON waitlist_offers (store_id, entry_id) WHERE state = 'open';
CREATE UNIQUE INDEX waitlist_offers_one_accepted ON waitlist_offers (store_id, entry_id) WHERE state = 'accepted';
CREATE UNIQUE INDEX waitlist_offers_each_time_once ON waitlist_offers (store_id, entry_id, staff_id, starts_at);
CREATE INDEX waitlist_offers_due ON waitlist_offers (store_id, expires_at) WHERE state = 'open';
CREATE INDEX waitlist_offers_of_customer ON waitlist_offers (store_id, customer_id, created_at);
CREATE INDEX waitlist_offers_of_booking ON waitlist_offers (store_id, booking_id) WHERE booking_id is not null;

-- Time or seats that have become free and were not yet looked at for those who wait. Rows live for moments, or until due again.
CREATE TABLE openings (
    store_id BIGINT NOT NULL,
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    staff_id BIGINT NOT NULL,
    session_id BIGINT,
    from_at TIMESTAMP WITH TIME ZONE NOT NULL,
    to_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    CONSTRAINT openings_span CHECK (to_at > from_at)
);
CREATE INDEX openings_due ON openings (store_id, due_at);

do $$
declare t text;
begin
  foreach t in array array['counter_offers', 'waitlist_entries', 'waitlist_offers', 'openings'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;
grant usage on all sequences in schema public to opencals_app;

-- Time becomes free in many ways (a cancellation, a move, time off removed, a refused offer). It is noted where all of them pass.
create function note_freed_time() returns trigger language plpgsql as $$
begin
  if old.ends_at > opencals_now() and exists (
    select 1 from waitlist_entries e where e.store_id = old.store_id and e.state = 'waiting' and e.before > old.starts_at
      and (e.staff_id is null or e.staff_id = old.staff_id)
  ) then
    insert into openings (store_id, staff_id, from_at, to_at, due_at, created_at)
      values (old.store_id, old.staff_id, old.starts_at, old.ends_at, opencals_now(), opencals_now());
  end if;
  return null;
end $$;
create trigger note_freed_time after delete on occupancies for each row when (old.kind <> 'hold') execute function note_freed_time();
create trigger note_left_time after update on occupancies for each row
  when (old.kind <> 'hold' and (old.staff_id, old.starts_at, old.ends_at) is distinct from (new.staff_id, new.starts_at, new.ends_at))
  execute function note_freed_time();
-- A time somebody only looked at while booking was free before: it is no opening (fill_openings waits for its end).
create trigger note_freed_hold after delete on holds for each row when (old.kind <> 'checkout' and old.session_id is null)
  execute function note_freed_time();

create function note_free_seats() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if new.status = 'cancelled' and old.status <> 'cancelled' then
      update waitlist_offers set state = 'void', closed_at = opencals_now()
        where store_id = new.store_id and session_id = new.id and state = 'open';
      update waitlist_entries set state = 'ended', end_reason = 'cancelled', ended_at = opencals_now()
        where store_id = new.store_id and session_id = new.id and state = 'waiting' and kind = 'seat';
    end if;
    if new.capacity - new.seats_taken <= old.capacity - old.seats_taken then return null; end if;
  end if;
  if new.status = 'scheduled' and new.starts_at > opencals_now() and exists (
    select 1 from waitlist_entries e where e.store_id = new.store_id and e.state = 'waiting' and e.service_id = new.service_id
      and (e.session_id = new.id or e.kind = 'earlier' and e.before > new.starts_at)
  ) then
    insert into openings (store_id, staff_id, session_id, from_at, to_at, due_at, created_at)
      values (new.store_id, new.staff_id, new.id, new.starts_at, new.ends_at, opencals_now(), opencals_now());
  end if;
  return null;
end $$;
create trigger note_free_seats after insert or update of seats_taken, capacity, status on sessions
  for each row execute function note_free_seats();

-- What was offered for a booking, and its waiting, end with the time it had (R34, R35, I14).
create function let_go_of_offers() returns trigger language plpgsql as $$
declare
  stays boolean := (old.starts_at, old.staff_id) is not distinct from (new.starts_at, new.staff_id)
    and old.session_id is not distinct from new.session_id;
begin
  update counter_offers set state = 'void', closed_at = opencals_now()
    where store_id = new.store_id and booking_id = new.id and state = 'open';
  if not (stays and new.status in ('pending', 'confirmed')) then
    update waitlist_offers set state = 'void', closed_at = opencals_now()
      where store_id = new.store_id and booking_id = new.id and state = 'open';
    update waitlist_entries set state = 'ended', ended_at = opencals_now(), end_reason = case when stays then 'closed' else 'moved' end
      where store_id = new.store_id and booking_id = new.id and state = 'waiting' and kind = 'earlier';
  end if;
  delete from holds where store_id = new.store_id and booking_id = new.id and kind = 'offer';
  return null;
end $$;
create trigger let_go_of_offers after update of status, starts_at, staff_id, session_id on bookings for each row
  when ((old.status, old.starts_at, old.staff_id) is distinct from (new.status, new.starts_at, new.staff_id)
        or old.session_id is distinct from new.session_id)
  execute function let_go_of_offers();

-- Stores where somebody waits for something that is due: an opening to look at, an offer or a waiting past its end (I21).
create policy owner_reads on openings for select to current_user using (true);
create policy owner_reads on waitlist_offers for select to current_user using (true);
create policy owner_reads on waitlist_entries for select to current_user using (true);
create function waitlist_stores() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from openings where due_at <= opencals_now()
  union
  select store_id from waitlist_offers where state = 'open' and expires_at <= opencals_now()
  union
  select store_id from waitlist_entries where state = 'waiting' and lives_until <= opencals_now()
$$;
revoke execute on function waitlist_stores() from public;
grant execute on function waitlist_stores() to opencals_app;
