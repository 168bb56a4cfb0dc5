"""One verb per file, one transaction each. Doors call these and word the answer; nothing else changes a booking."""
