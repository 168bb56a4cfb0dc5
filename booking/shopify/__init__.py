"""The store's side of Shopify: its connection, and the changes that come from there. No network: gateways/shopify talks."""
