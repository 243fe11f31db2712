"""Reads of orders and patients; each a constant number of queries."""

from orders.selectors.orders import mrn_of, orders_with_patients, timeline_of
from orders.selectors.procedures import known_procedure

__all__ = ["known_procedure", "mrn_of", "orders_with_patients", "timeline_of"]
