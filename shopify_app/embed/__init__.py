"""The app inside the Shopify admin: how a shop connects, and the home page of the embed."""
