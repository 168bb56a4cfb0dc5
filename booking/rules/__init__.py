"""Pure rules: facts and `now` in, decisions out. Standard library only; nothing here reads a clock or a database."""
