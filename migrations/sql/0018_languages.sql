-- The language someone of the shop reads the dashboard and its mails in; null: the browser's, else the store's (R46).
alter table users add column locale text;
alter table users add constraint users_locale check (locale ~ '^[a-z]{2}$');
