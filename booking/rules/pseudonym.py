"""Who has been erased is nobody: one name stands in the place of all (R45)."""

from __future__ import annotations

PSEUDONYM = "Redacted customer"
"""As it is kept; readers see it in their language (`booking.wording.people`). The constraints and indexes of the database know it too."""
