"""One table per file. Queries live on their model; `session.py` holds the only commit."""
