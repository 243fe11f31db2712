"""Which handler applies which message: the one table to touch for a new type.

Each handler is `module:object`, an instance of radflow.messaging.routes.Handler.
"""

from __future__ import annotations

ROUTES: dict[str, str] = {
    "ACK": "radflow.messaging.settling:ANSWERS",
    "MCF": "radflow.messaging.settling:ANSWERS",
    "ORR^O02": "orders.hl7.answers:ANSWERS",
    "ORL^O22": "orders.hl7.answers:ANSWERS",
    "ORG^O20": "orders.hl7.answers:ANSWERS",
    "ORI^O24": "orders.hl7.answers:ANSWERS",
    "ORM^O01": "orders.hl7.inbound:ORDERS",
    "OML^O21": "orders.hl7.inbound:ORDERS",
    "OMI^O23": "orders.hl7.inbound:ORDERS",
    "OMG^O19": "orders.hl7.inbound:ORDERS",
    "ADT^A01": "orders.hl7.adt:ADT",
    "ADT^A04": "orders.hl7.adt:ADT",
    "ADT^A05": "orders.hl7.adt:ADT",
    "ADT^A08": "orders.hl7.adt:ADT",
    "ADT^A28": "orders.hl7.adt:ADT",
    "ADT^A31": "orders.hl7.adt:ADT",
}
