"""Outside services: one package each; below doors and sync, above models. Each step is a transaction, a call, a transaction;
never a call inside one."""
