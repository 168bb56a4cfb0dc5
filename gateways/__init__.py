"""Outside services: one package each; below doors and sync, above models."""
