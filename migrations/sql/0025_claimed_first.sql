-- A booking claims its time before its own row is written: whom the constraint refuses (I1) then costs the server
-- one row of `occupancies` and none of the dozen index entries of the booking.
create or replace function keep_booking_occupancy() returns trigger language plpgsql as $$
declare
  span_start timestamptz := new.starts_at - make_interval(secs => new.buffer_before_s);
  span_end timestamptz := new.ends_at + make_interval(secs => new.buffer_after_s);
begin
  if new.session_id is not null or new.status not in ('pending', 'confirmed', 'arrived', 'ready_to_start') then
    delete from occupancies where store_id = new.store_id and source_id = new.id and kind = 'booking';
    return new;
  end if;
  update occupancies
    set staff_id = new.staff_id, starts_at = span_start, ends_at = span_end, overlap_ok = new.overlap_ok
    where store_id = new.store_id and source_id = new.id and kind = 'booking';
  if not found then
    insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at, overlap_ok)
      values (new.store_id, new.staff_id, 'booking', new.id, span_start, span_end, new.overlap_ok);
  end if;
  return new;
end $$;
drop trigger keep_booking_occupancy on bookings;
create trigger keep_booking_occupancy
  before update of status, session_id, staff_id, starts_at, ends_at, buffer_before_s, buffer_after_s, overlap_ok
  on bookings for each row execute function keep_booking_occupancy();
