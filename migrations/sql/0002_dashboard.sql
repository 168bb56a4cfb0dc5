-- Users of the dashboard sign in with a typed code, as customers do (R7, A148).

CREATE TABLE user_logins (
    secret_hash TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, user_id) REFERENCES users (store_id, id)
);
CREATE INDEX user_logins_of ON user_logins (store_id, user_id);
CREATE UNIQUE INDEX user_logins_secret ON user_logins (store_id, secret_hash);

alter table user_logins enable row level security;
alter table user_logins force row level security;
create policy rows_of_the_store on user_logins using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()));
grant select, insert, update, delete on user_logins to opencals_app;

-- Someone who has left keeps their row: the audit names them.
alter table users add column removed_at timestamp with time zone;
alter table login_codes drop constraint login_codes_purpose;
alter table login_codes add constraint login_codes_purpose check (purpose in ('login', 'change_email', 'dashboard'));
