"""Makes the rows that tests stand on; services make everything that has a law."""

from __future__ import annotations

from typing import Any

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from orders.cause import Cause
from orders.models import Order, Procedure
from orders.requests import (
    Code,
    Identifier,
    OrderRequest,
    PatientRequest,
    ScheduleRequest,
)
from orders.services import place_order
from radflow.accounts.models import User
from radflow.messaging.models import Peer
from radflow.sites.models import Site
from worklist.models import Room, Station


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = Sequence(lambda n: f"user{n}")
    first_name = "Kim"
    last_name = Sequence(lambda n: f"Ng{n}")
    role = "technologist"


class PeerFactory(DjangoModelFactory[Peer]):
    class Meta:
        model = Peer

    name = Sequence(lambda n: f"Hospital {n}")
    sending_application = Sequence(lambda n: f"EHR{n}")
    sending_facility = "GENHOSP"


class SiteFactory(DjangoModelFactory[Site]):
    """The department's first site, unless a code is given."""

    class Meta:
        model = Site
        django_get_or_create = ("code",)

    code = "MAIN"
    name = "Northgate General"
    time_zone = "UTC"


class RoomFactory(DjangoModelFactory[Room]):
    class Meta:
        model = Room

    site = SubFactory(SiteFactory)
    name = Sequence(lambda n: f"CT {n}")


class StationFactory(DjangoModelFactory[Station]):
    class Meta:
        model = Station

    room = SubFactory(RoomFactory)
    name = Sequence(lambda n: f"CT{n}")
    ae_title = Sequence(lambda n: f"CT{n}_AE")
    modality = "CT"


class ProcedureFactory(DjangoModelFactory[Procedure]):
    class Meta:
        model = Procedure

    code = Sequence(lambda n: f"CTX{n}")
    text = "CT of something"
    modality = "CT"


_numbers = iter(range(1, 1_000_000))


def patient_request(**changes: Any) -> PatientRequest:
    """Ada Okafor, with an identifier of her own each time unless one is given."""
    values: dict[str, Any] = {
        "identifiers": (Identifier(f"7{next(_numbers):06d}", "GENHOSP"),),
        "family_name": "Okafor",
        "given_name": "Ada",
        "birth_date_text": "19800514",
        "sex": "F",
    }
    return PatientRequest(**{**values, **changes})


def order_request(**changes: Any) -> OrderRequest:
    """A CT order with a placer number of its own; no start time, so not scheduled."""
    values: dict[str, Any] = {
        "placer_order_number": f"P{next(_numbers):06d}",
        "placer_namespace": "EHRX",
        "procedure": Code("CTPA", "CT pulmonary angiogram", "99RADFLOW"),
        "modality": "CT",
        "schedule": ScheduleRequest(),
    }
    return OrderRequest(**{**values, **changes})


def make_order(
    *,
    patient: PatientRequest | None = None,
    peer: Peer | None = None,
    cause: Cause | None = None,
    **changes: Any,
) -> Order:
    """Place an order through the service, as every edge does."""
    return place_order(
        patient=patient or patient_request(),
        visit=None,
        order=order_request(**changes),
        cause=cause or Cause(actor="test"),
        peer=peer,
    ).order
