-- I4: forced row level security on every table, also for their owner. The app's role owns nothing and cannot bypass it.
do $$
declare t text;
begin
  for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = current_schema() and c.relkind in ('r', 'p') and c.relname not in ('alembic_version', 'store_hosts') loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy rows_of_the_store on %I using (store_id = (select opencals_store())) with check (store_id = (select opencals_store()))', t);
    execute format('grant select, insert, update, delete on %I to opencals_app', t);
  end loop;
end $$;

alter table store_hosts enable row level security;
alter table store_hosts force row level security;
create policy rows_of_the_store on store_hosts using (store_id = opencals_store()) with check (store_id = opencals_store());
grant select, insert, update, delete on store_hosts to opencals_app;

revoke update, delete on audit_entries from opencals_app;
revoke insert, update, delete on audit_heads from opencals_app;
revoke update, delete on policies from opencals_app;
grant usage on all sequences in schema public to opencals_app;
grant select on alembic_version to opencals_app;

-- The only ways across stores. They run as the owner, who may read these tables of every store and nothing else of them.
create policy owner_reads on stores for select to current_user using (true);
create policy owner_reads on store_hosts for select to current_user using (true);
create policy owner_reads on outbox for select to current_user using (true);
create policy owner_reads on holds for select to current_user using (true);
create policy owner_reads on bookings for select to current_user using (true);

create function store_for_host(wanted text) returns bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from store_hosts where host = wanted and verified_at is not null
$$;
create function store_for_slug(wanted text) returns bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from stores where slug = wanted
$$;
create function all_stores() returns setof bigint language sql stable security definer
  set search_path = pg_catalog, public as $$
  select store_id from stores order by store_id
$$;
-- Stores with something to do now: messages due, holds or approvals past their end (I21: PostgreSQL is the list of due work).
create function due_stores() returns table (store_id bigint, kind text) language sql stable security definer
  set search_path = pg_catalog, public as $$
  select distinct o.store_id, 'outbox' from outbox o
    where o.state = 'due' and o.channel in ('email', 'sms') and o.due_at <= opencals_now() and (o.leased_until is null or o.leased_until <= opencals_now())
  union all
  select distinct h.store_id, 'holds' from holds h where h.expires_at <= opencals_now()
  union all
  select distinct b.store_id, 'approvals' from bookings b where b.approval_deadline <= opencals_now()
$$;
revoke execute on function append_audit(jsonb) from public;
grant execute on function append_audit(jsonb) to opencals_app;
revoke execute on function store_for_host(text), store_for_slug(text), all_stores(), due_stores() from public;
grant execute on function store_for_host(text), store_for_slug(text), all_stores(), due_stores() to opencals_app;
