"""What is carried with the patient: the requisition of an order, and a wristband.

The barcode of the requisition is the accession number, that of the wristband the
preferred identifier: the two that the scan gate asks for.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from orders.models import Patient
from orders.selectors import lacks_side, mrn_of, mrn_of_patient, orders_with_patients
from orders.selectors.patients import patients_with_identifiers
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.codes import code128, qr


@requires(Capability.VIEW_ORDERS)
def requisition(request: HttpRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    audit.record_view(
        request,
        "requisition_printed",
        order_id=order.pk,
        patient_id=order.patient_id,
    )
    accession = order.accession_number
    context = {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "bars": code128(accession) if accession.isascii() else "",
        "square": qr(accession),
        "side_missing": lacks_side(order),
    }
    return render(request, "orders/paper/requisition.html", context)


@requires(Capability.VIEW_ORDERS)
def wristband(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient: Patient = get_object_or_404(patients_with_identifiers(), pk=patient_id)
    mrn = mrn_of_patient(patient)
    audit.record_view(request, "wristband_printed", patient_id=patient.pk)
    context = {
        "patient": patient,
        "mrn": mrn,
        "bars": code128(mrn) if mrn and mrn.isascii() else "",
        "square": qr(mrn) if mrn else "",
    }
    return render(request, "orders/paper/wristband.html", context)
