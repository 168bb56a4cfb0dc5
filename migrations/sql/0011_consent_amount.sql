-- A consent names the largest fee it allows (R22); one that names none allows none.
alter table card_consents add column most bigint not null default 0;
alter table card_consents alter column most drop default;
alter table card_consents drop constraint card_consents_source;
alter table card_consents add constraint card_consents_source check (source in ('manage_portal') and most >= 0);
