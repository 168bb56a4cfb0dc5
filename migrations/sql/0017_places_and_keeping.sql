-- Who somebody was is forgotten after the store's retention period (R45). Closed bookings that still name someone, oldest first;
-- those that have ended and were never closed are passed once: all that began before `forgotten_before` are done.
create index bookings_to_forget on bookings (store_id, closed_at) where closed_at is not null and contact_name <> 'Redacted customer';
alter table stores add column forgotten_before timestamptz;

-- The release of the zone data by which the store's coming bookings were last reckoned (R13), and the wall time a class date means.
alter table stores add column zone_data text;
alter table sessions add column local_start timestamp without time zone;

-- Where it takes place: at an address, behind a link, or at the customer's (A149). `{room}` in a link is different for each booking,
-- and one for all parties of a class date.
alter table locations add column kind text default 'place' not null;
alter table locations add column meeting_url text;
alter table locations add constraint locations_kind check (kind in ('place', 'online', 'delivery'));
alter table locations add constraint locations_meeting check (
  meeting_url is null or kind = 'online' and meeting_url ~ '^https://[^[:space:]]+$' and char_length(meeting_url) <= 500);
alter table bookings add column delivery_address text default '' not null;
alter table bookings add constraint bookings_delivery check (char_length(delivery_address) <= 400);
