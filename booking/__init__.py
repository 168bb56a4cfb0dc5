"""The heart: rules, actions, and the facts and words between them and the doors."""
