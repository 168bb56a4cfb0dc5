do $$
declare t text;
begin
  foreach t in array array['shopify_installs', 'shopify_due', 'shopify_deliveries', 'shopify_customers', 'shopify_erased', 'shopify_variants',
                           'shopify_order_lines', 'shopify_refunds', 'shopify_tasks', 'shopify_imports', 'shopify_staged'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;

-- Ways across stores, as in 0001: which store a shop is, and which stores have work with Shopify.
create policy owner_reads on shopify_installs for select to current_user using (true);
create policy owner_reads on shopify_due for select to current_user using (true);
create policy owner_reads on shopify_deliveries for select to current_user using (true);

create function store_for_shop(wanted text) returns bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select s.store_id from stores s join shopify_installs i on i.store_id = s.store_id
    where s.shopify_domain = wanted and i.state <> 'uninstalled'
$$;
-- Whether or not the app is installed there: by the shop's permanent id, else by its domain.
create function store_of_any_shop(wanted_gid text, wanted_domain text) returns bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from (
    select i.store_id, 1 as rank from shopify_installs i where i.shop_gid = wanted_gid
    union all
    select s.store_id, 2 from stores s left join shopify_installs i on i.store_id = s.store_id
      where s.shopify_domain = wanted_domain and (i.shop_gid is null or wanted_gid is null or i.shop_gid = wanted_gid)
  ) found order by rank limit 1
$$;
create function due_shopify_stores() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from shopify_installs i
    where (i.leased_until is null or i.leased_until <= opencals_now()) and (
      (i.state = 'installed' and (i.paused_until is null or i.paused_until <= opencals_now()) and (
        exists (select 1 from shopify_due d where d.store_id = i.store_id and d.state = 'due' and d.due_at <= opencals_now())
        or i.reconciled_at is null or i.reconciled_at <= opencals_now() - interval '30 minutes'
        or i.refresh_until <= opencals_now() + interval '60 days'))
      or exists (select 1 from shopify_deliveries d where d.store_id = i.store_id and d.state = 'due' and d.due_at <= opencals_now()))
$$;
revoke execute on function store_for_shop(text), store_of_any_shop(text, text), due_shopify_stores(), erase_store() from public;
grant execute on function store_for_shop(text), store_of_any_shop(text, text), due_shopify_stores(), erase_store() to opencals_app;
