from __future__ import annotations

from tests.orders.pages.conftest import desk, static_root

__all__ = ["desk", "static_root"]
