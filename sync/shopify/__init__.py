"""Work with Shopify: one worker at a time for each shop, from rows in PostgreSQL (I21, I24-I27)."""
