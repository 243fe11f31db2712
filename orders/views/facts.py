"""Which lines the order page and the patient page show, and in which order."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from orders.views.origins import Fact

_NAME = ("family_name", "given_name", "middle_name", "prefix", "suffix")
OF_ORDER = (
    Fact(_("Procedure"), ("procedure_text", "procedure_code")),
    Fact(_("Side"), ("laterality",)),
    Fact(_("Priority"), ("priority",)),
    Fact(_("Modality"), ("modality",), missing=_("Not known")),
    Fact(_("Question"), ("reason",)),
    Fact(_("Clinical"), ("clinical_info",)),
    Fact(_("Danger"), ("danger_code",)),
    Fact(_("Comments"), ("comments",)),
    Fact(_("Ordered by"), ("ordering_provider",)),
    Fact(_("Entered by"), ("entered_by",)),
    Fact(_("Call back"), ("callback",)),
    Fact(_("Wanted at"), ("requested_start",)),
    Fact(_("Transport"), ("transport",)),
    Fact(_("Weight"), ("weight_kg",)),
    Fact(_("Height"), ("height_m",)),
    Fact(_("Accession"), ("accession_number",), is_code=True),
    Fact(_("Placer no."), ("placer_order_number",), is_code=True, missing=_("None")),
    Fact(_("Group no."), ("placer_group_number",), is_code=True),
    Fact(_("Filler no."), ("filler_order_number",), is_code=True),
    Fact(_("Study UID"), ("study_instance_uid",), is_code=True),
)
# Shown also when empty: that they are missing is news.
ALWAYS = {
    "procedure_text",
    "laterality",
    "priority",
    "modality",
    "reason",
    "ordering_provider",
}

OF_PERSON = (
    Fact(_("Name"), _NAME, "patient", missing=_("Not known")),
    Fact(_("Born"), ("birth_date",), "patient", missing=_("Not known")),
    Fact(_("Sex"), ("sex",), "patient", missing=_("Not known")),
)
OF_VISIT = (
    Fact(_("Visit"), ("number",), "visit", is_code=True, missing=_("None")),
    Fact(_("Location"), ("location",), "visit", missing=_("Not known")),
)
# Said only where there is one.
RARE = (
    Fact(_("Ideographic"), ("name_ideographic",), "patient"),
    Fact(_("Phonetic"), ("name_phonetic",), "patient"),
)
IDENTIFIERS = Fact(_("Identifiers"), ("identifiers",), "patient", missing=_("None"))
OF_PATIENT_PAGE = (
    *OF_PERSON,
    *RARE,
    Fact(_("Deceased"), ("deceased", "deceased_at"), "patient", missing=_("No")),
    Fact(_("Allergies"), ("allergies",), "patient", missing=_("None known")),
    Fact(_("Alerts"), ("alerts",), "patient", missing=_("None")),
    Fact(_("Weight"), ("weight_kg",), "patient", missing=_("Not known")),
    Fact(_("Height"), ("height_m",), "patient", missing=_("Not known")),
    Fact(_("Pregnancy"), ("pregnancy",), "patient", missing=_("Not known")),
)
