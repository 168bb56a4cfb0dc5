-- The store of a Shopify shop: a verified session token names the shop, this names the store (I27). A way across stores like store_for_slug.
create function store_for_shop(wanted text) returns bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from stores where shopify_domain = wanted
$$;
revoke execute on function store_for_shop(text) from public;
grant execute on function store_for_shop(text) to opencals_app;
