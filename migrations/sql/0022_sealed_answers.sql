-- First answers to idempotency keys are kept sealed (I64): some carry a secret, most a manage link. `answer` stays for the release before.
alter table idempotency_keys add column sealed text;
