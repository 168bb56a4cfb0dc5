-- Whether calendar entries carry the customer's own manage link (R39).
alter table stores add column calendar_link boolean default true not null;
