"""The customers' door: account pages, the signed link, booking. Server-rendered, usable without JavaScript."""
