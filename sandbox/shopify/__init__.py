"""A Shopify on this machine: Admin GraphQL by the real schema, OAuth, webhooks, bulk files and an admin to click in."""
