"""Google's and Microsoft's sign-in and calendars, as their public documentation describes them, for tests and the demo."""
