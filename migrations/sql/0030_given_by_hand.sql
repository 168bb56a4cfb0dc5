-- I2: what the shop has given by hand is never sent, whatever the code above does.
create function refuse_what_was_given_by_hand() returns trigger language plpgsql as $$
begin
  if exists (select 1 from refund_lines l where l.store_id = new.store_id and l.id = new.line_id and l.by_hand and l.state = 'succeeded') then
    raise exception 'given by hand' using errcode = 'check_violation', constraint = 'refund_intents_by_hand';
  end if;
  return new;
end $$;
create trigger refuse_what_was_given_by_hand before insert on refund_intents for each row execute function refuse_what_was_given_by_hand();
