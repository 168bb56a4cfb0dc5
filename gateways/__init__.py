"""Outside services we ask for something. Each step is a transaction, a call, a transaction; never a call inside one."""
