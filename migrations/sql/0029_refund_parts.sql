-- What became of each part of a refund (R23, R24): what went back to a card is told from what is still owed by hand. Nearly all refunds
-- are done, and a constant says so of their parts without a look at them.
alter table refund_lines
  add column state text not null default 'succeeded',
  add column by_hand boolean not null default false,
  add column settled_at timestamptz,
  add constraint refund_lines_state check (state in ('owed', 'pending', 'succeeded', 'failed'));
alter table refund_lines alter column state set default 'owed';

-- What of an open refund has come back already; one that has succeeded is back whole.
alter table refunds add column given bigint not null default 0, add constraint refunds_given check (given between 0 and amount);

-- A refund that goes back in several steps has a credit note for each: `covers` is how much of it has come back by then.
drop index documents_of_refund;
create unique index documents_of_refund on documents (store_id, refund_id, covers) where refund_id is not null;

create or replace function keep_booking_refunds() returns trigger language plpgsql as $$
declare
  was_owed bigint := 0; was_done bigint := 0; now_owed bigint := 0; now_done bigint := 0;
begin
  if tg_op = 'UPDATE' and old.outcome <> 'credit' then
    if old.state in ('owed', 'pending', 'failed') then was_owed := old.amount - old.given; was_done := old.given; end if;
    if old.state = 'succeeded' then was_done := old.amount; end if;
  end if;
  if new.outcome <> 'credit' then
    if new.state in ('owed', 'pending', 'failed') then now_owed := new.amount - new.given; now_done := new.given; end if;
    if new.state = 'succeeded' then now_done := new.amount; end if;
  end if;
  if (was_owed, was_done) <> (now_owed, now_done) then
    update bookings set owed = owed + now_owed - was_owed, refunded = refunded + now_done - was_done
      where store_id = new.store_id and id = new.booking_id;
  end if;
  return null;
end $$;
drop trigger keep_booking_refunds on refunds;
create trigger keep_booking_refunds after insert or update of state, amount, outcome, given on refunds
  for each row execute function keep_booking_refunds();

-- The refund follows its parts: something waits for the shop, else something is on its way, else all is done.
create function keep_refund_state() returns trigger language plpgsql as $$
declare
  back bigint; becomes text; since timestamptz;
begin
  select coalesce(sum(amount) filter (where state = 'succeeded'), 0), max(settled_at),
      case when bool_and(state = 'succeeded') then 'succeeded' when bool_or(state = 'failed') then 'failed'
           when bool_or(state = 'owed') then 'owed' else 'pending' end
    into back, since, becomes from refund_lines where store_id = new.store_id and refund_id = new.refund_id;
  update refunds set given = back, state = becomes, settled_at = case when becomes = 'succeeded' then coalesce(since, opencals_now()) end
    where store_id = new.store_id and id = new.refund_id and (given, state) is distinct from (back, becomes);
  return null;
end $$;
create trigger keep_refund_state after update of state on refund_lines for each row
  when (old.state <> new.state) execute function keep_refund_state();

-- A part of a refund that is done when it is written, as credit is, is done too.
create function start_refund_line() returns trigger language plpgsql as $$
declare
  done timestamptz;
begin
  select coalesce(settled_at, created_at) into done from refunds where store_id = new.store_id and id = new.refund_id and state = 'succeeded';
  if found then
    new.state := 'succeeded';
    new.settled_at := done;
  end if;
  return new;
end $$;
create trigger start_refund_line before insert on refund_lines for each row execute function start_refund_line();

-- What the provider says of a part is what became of it; a failure leaves it owed.
create function keep_refund_line_state() returns trigger language plpgsql as $$
declare
  becomes text := case new.state when 'succeeded' then 'succeeded' when 'failed' then 'owed' else 'pending' end;
begin
  if tg_op = 'UPDATE' and old.state = new.state then return null; end if;
  update refund_lines set state = becomes, settled_at = case when becomes = 'succeeded' then new.settled_at end
    where store_id = new.store_id and id = new.line_id and not by_hand and state <> becomes;
  return null;
end $$;
create trigger keep_refund_line_state after insert or update of state on refund_intents for each row execute function keep_refund_line_state();

-- The release before writes the state of a whole refund and knows of no parts: they follow it here.
create function spread_refund_state() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() > 1 then return null; end if;
  update refund_lines l set state = new.state, settled_at = case when new.state = 'succeeded' then coalesce(new.settled_at, opencals_now()) end
    from payments p
    where l.store_id = new.store_id and l.refund_id = new.id and p.store_id = l.store_id and p.id = l.payment_id and l.state <> new.state
      and (l.state <> 'succeeded' or old.state = 'succeeded') and (new.state <> 'pending' or p.method in ('card', 'shopify'))
      and (new.state = 'succeeded' or not exists (
        select 1 from refund_intents i where i.store_id = l.store_id and i.line_id = l.id and i.state <> 'failed'));
  return null;
end $$;
create trigger spread_refund_state after update of state on refunds for each row
  when (old.state <> new.state and new.state <> 'none') execute function spread_refund_state();

-- Money of an order goes back through Shopify when the shop says so of its part (R23).
create function note_refund_part_for_shopify() returns trigger language plpgsql as $$
begin
  if exists (select 1 from payments p where p.store_id = new.store_id and p.id = new.payment_id and p.method = 'shopify') and shopify_connected() then
    perform shopify_mark('refund', new.refund_id::text);
  end if;
  return null;
end $$;
create trigger note_refund_part_for_shopify after update of state on refund_lines for each row
  when (new.state = 'pending' and old.state <> 'pending') execute function note_refund_part_for_shopify();

-- The parts of refunds that are open now; the refunds and their bookings follow. The owner meets row level security too, so store by store.
do $$
declare shop bigint;
begin
  for shop in select store_id from stores loop
    perform set_config('app.store_id', shop::text, true);
    update refund_lines l set state = coalesce(
        (select case i.state when 'succeeded' then 'succeeded' else 'pending' end from refund_intents i
          where i.store_id = l.store_id and i.line_id = l.id and i.state <> 'failed'),
        case when p.method = 'shopify' then r.state
             when p.method = 'card' and r.state = 'pending' and not exists (
               select 1 from refund_intents i where i.store_id = l.store_id and i.line_id = l.id) then 'pending' else 'owed' end)
      from refunds r, payments p
      where r.store_id = shop and r.state in ('owed', 'pending', 'failed') and l.store_id = shop and l.refund_id = r.id
        and p.store_id = shop and p.id = l.payment_id;
  end loop;
  perform set_config('app.store_id', '', true);
end $$;
