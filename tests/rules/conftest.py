"""The oracle reads the same zone data as the product: the packaged ones."""

from __future__ import annotations

import whenever

whenever.reset_tzpath([])
whenever.clear_tzcache()
