"""Shopify over the wire: OAuth tokens, Admin GraphQL (2026-10), bulk files. No business decisions, no database."""
