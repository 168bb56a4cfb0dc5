"""Everything outside our walls, played on this machine: servers, mail, SMS, a clock, two seeded shops. Never in production."""
