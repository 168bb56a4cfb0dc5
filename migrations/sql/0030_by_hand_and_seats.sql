-- I2: what the shop has given by hand is never sent, whatever the code above does.
create function refuse_what_was_given_by_hand() returns trigger language plpgsql as $$
begin
  if exists (select 1 from refund_lines l where l.store_id = new.store_id and l.id = new.line_id and l.by_hand and l.state = 'succeeded') then
    raise exception 'given by hand' using errcode = 'check_violation', constraint = 'refund_intents_by_hand';
  end if;
  return new;
end $$;
create trigger refuse_what_was_given_by_hand before insert on refund_intents for each row execute function refuse_what_was_given_by_hand();

-- I7: seats held for a booking follow its party; the class date counts them so.
create or replace function keep_hold_seats() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' and new.session_id is not null then
    update sessions set seats_taken = seats_taken + new.seats where store_id = new.store_id and id = new.session_id;
  elsif tg_op = 'UPDATE' and new.session_id is not null then
    update sessions set seats_taken = seats_taken + new.seats - old.seats where store_id = new.store_id and id = new.session_id;
  elsif tg_op = 'DELETE' and old.session_id is not null then
    update sessions set seats_taken = seats_taken - old.seats where store_id = old.store_id and id = old.session_id;
  end if;
  return null;
end $$;
create trigger keep_hold_seats_that_change after update of seats on holds for each row
  when (old.seats <> new.seats) execute function keep_hold_seats();
