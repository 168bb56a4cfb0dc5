"""Receipts and credit notes: issued with the money, frozen, printed on demand (R39)."""
