"""Calendars at Google and Microsoft: how access is granted (OAuth 2.0 with PKCE), and reading when somebody is busy."""
