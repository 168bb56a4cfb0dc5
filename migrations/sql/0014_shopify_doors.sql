-- Two more doors for people who are known at Shopify: the shop's people in the admin's frame, and its customers on the portal.

-- Who someone of the team is in the shop's admin; the digits of a session token's `sub`.
alter table users add column shopify_user_id bigint;
alter table users add constraint users_shopify_user_id check (shopify_user_id > 0);
create unique index users_shopify on users (store_id, shopify_user_id) where shopify_user_id is not null;

-- What Shopify says of a shop's customer accounts: the host its storefront answers at, and which kind of accounts it uses.
alter table shopify_installs add column storefront_host text;
alter table shopify_installs add column accounts text not null default 'unknown';
alter table shopify_installs add constraint shopify_installs_accounts check (accounts in ('unknown','classic','new'));

-- The sealed id token of a session that was opened with Shopify: its hint when the session ends, and gone with it.
alter table customer_logins add column shopify_hint text;
create function forget_shopify_hint() returns trigger language plpgsql as $$
begin
  if new.ended_at is not null then new.shopify_hint := null; end if;
  return new;
end $$;
create trigger forget_shopify_hint before update on customer_logins for each row execute function forget_shopify_hint();
