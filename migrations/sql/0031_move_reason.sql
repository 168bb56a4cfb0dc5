-- Why the customer moved the booking the last time, in their words, where the shop asks (D20b). It stands here and not in the audit, which
-- keeps no personal data and is never changed: erasing a person takes it away (R45). The release before leaves it empty.
alter table bookings add column move_reason text;
