-- When the shop was reminded of a refund it owes (R23).
alter table refunds add column reminded_at timestamptz;
