-- How much of a lost dispute the ledger shows: null until it is lost, and for those lost before this. `instead`: by how much an owed
-- refund has shrunk for it.
alter table disputes
  add column given bigint,
  add column instead bigint not null default 0,
  add constraint disputes_given check (given between 0 and amount and instead >= 0);

-- A part of a refund that grows or shrinks takes the payment with it.
create function keep_payment_refunded_changed() returns trigger language plpgsql as $$
begin
  update payments set refunded = refunded + new.amount - old.amount where store_id = new.store_id and id = new.payment_id;
  return null;
end $$;
create trigger keep_payment_refunded_changed after update of amount on refund_lines for each row execute function keep_payment_refunded_changed();
