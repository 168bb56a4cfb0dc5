"""A Stripe to build against: the real SDK and our own pages talk to it as to the real one. Answers in the shapes of the API."""
