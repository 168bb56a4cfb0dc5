"""Stripe: saved cards, deposits, charges and refunds in each store's own account."""
