"""The merchants' door."""
