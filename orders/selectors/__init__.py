"""Reads of orders and patients; each a constant number of queries."""

from orders.selectors.finding import Found, find_anything
from orders.selectors.orders import (
    last_change_of,
    mrn_of,
    mrn_of_patient,
    orders_with_patients,
    timeline_of,
    with_mrn,
)
from orders.selectors.patients import (
    MOST_FOUND,
    PatientSearch,
    all_merges,
    doubtful_merges_of,
    find_patients,
    links_of,
    merges_of,
    open_candidates,
    orders_of,
    patients_with_identifiers,
    since,
    survivor_of,
)
from orders.selectors.procedures import (
    code_of,
    known_procedure,
    lacks_side,
    procedure_of,
)
from orders.selectors.provenance import (
    Change,
    provenance_of,
    provenance_of_patient,
)
from orders.selectors.related import Related, related_to

__all__ = [
    "MOST_FOUND",
    "Change",
    "Found",
    "PatientSearch",
    "Related",
    "all_merges",
    "code_of",
    "doubtful_merges_of",
    "find_anything",
    "find_patients",
    "known_procedure",
    "lacks_side",
    "last_change_of",
    "links_of",
    "merges_of",
    "mrn_of",
    "mrn_of_patient",
    "open_candidates",
    "orders_of",
    "orders_with_patients",
    "patients_with_identifiers",
    "procedure_of",
    "provenance_of",
    "provenance_of_patient",
    "related_to",
    "since",
    "survivor_of",
    "timeline_of",
    "with_mrn",
]
