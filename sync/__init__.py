"""Workers: they carry outbox rows out. PostgreSQL is the list of due work, Redis only a doorbell (I21, I22)."""
