-- The product's clock (I58). The sandbox redefines it in its own database; production has no switch.
create function opencals_now() returns timestamptz language sql stable as $$ select transaction_timestamp() $$;

-- The store this transaction acts for, or null: then every policy below is false.
create function opencals_store() returns bigint language sql stable as $$
  select nullif(current_setting('app.store_id', true), '')::bigint
$$;
