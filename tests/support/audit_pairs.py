"""A guard for test databases: no change of business state commits without an audit entry of the same transaction (I3)."""

from __future__ import annotations

import psycopg

from models.tables import ALL

TECHNICAL = frozenset({
    "audit_entries", "audit_heads",
    # What is counted, remembered or waits for delivery, and follows from changes that are audited themselves.
    "attempts", "idempotency_keys", "login_codes", "outbox", "webhook_attempts", "reminders", "openings", "occupancies", "customer_words", "sms_deliveries",
    # What others told us, kept until it is applied, and what is to be told them.
    "stripe_events", "shopify_deliveries", "shopify_due", "shopify_staged",
})
"""Tables whose rows are no business state of their own."""

STATE = {"merchant_tokens": "label, secret_hash, revoked_at", "imports": "filename, columns, flag_overlaps, region"}
"""Where only some columns are state: that a token was used, or how far an import is, is noted beside it."""

FUNCTION = """
create function a_change_has_its_audit_entry() returns trigger language plpgsql as $$
begin
  if session_user <> 'opencals_app' or current_setting('tests.audited', true) = pg_current_xact_id()::text then
    return null;
  end if;
  if not exists (select from audit_entries where xmin = pg_current_xact_id()::xid) then
    raise exception 'a change of % commits without an audit entry', tg_table_name;
  end if;
  perform set_config('tests.audited', pg_current_xact_id()::text, true);
  return null;
end $$
"""


def install(owner_url: str) -> None:
    """Deferred triggers on every table of business state. The owner's own statements (clocks, guards switched off) are exempt."""
    with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
        connection.execute(FUNCTION)
        for table in ALL:
            if table.name not in TECHNICAL:
                columns = f" of {STATE[table.name]}" if table.name in STATE else ""
                connection.execute(f"create constraint trigger has_audit after insert or update{columns} or delete on {table.name}"
                                   " deferrable initially deferred for each row execute function a_change_has_its_audit_entry()")
