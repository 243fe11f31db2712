"""Which lines the order page and the patient page show, and in which order."""

from __future__ import annotations

from orders.views.origins import Fact

_NAME = ("family_name", "given_name", "middle_name", "prefix", "suffix")
OF_ORDER = (
    Fact("Procedure", ("procedure_text", "procedure_code")),
    Fact("Side", ("laterality",)),
    Fact("Priority", ("priority",)),
    Fact("Modality", ("modality",), missing="Not known"),
    Fact("Question", ("reason",)),
    Fact("Clinical", ("clinical_info",)),
    Fact("Danger", ("danger_code",)),
    Fact("Comments", ("comments",)),
    Fact("Ordered by", ("ordering_provider",)),
    Fact("Entered by", ("entered_by",)),
    Fact("Call back", ("callback",)),
    Fact("Wanted at", ("requested_start",)),
    Fact("Transport", ("transport",)),
    Fact("Weight", ("weight_kg",)),
    Fact("Height", ("height_m",)),
    Fact("Accession", ("accession_number",), is_code=True),
    Fact("Placer no.", ("placer_order_number",), is_code=True, missing="None"),
    Fact("Group no.", ("placer_group_number",), is_code=True),
    Fact("Filler no.", ("filler_order_number",), is_code=True),
    Fact("Study UID", ("study_instance_uid",), is_code=True),
)
# Shown also when empty: that they are missing is news.
ALWAYS = {"Procedure", "Side", "Priority", "Modality", "Question", "Ordered by"}

OF_PERSON = (
    Fact("Name", _NAME, "patient", missing="Not known"),
    Fact("Born", ("birth_date",), "patient", missing="Not known"),
    Fact("Sex", ("sex",), "patient", missing="Not known"),
)
OF_VISIT = (
    Fact("Visit", ("number",), "visit", is_code=True, missing="None"),
    Fact("Location", ("location",), "visit", missing="Not known"),
)
# Said only where there is one.
RARE = (
    Fact("Ideographic", ("name_ideographic",), "patient"),
    Fact("Phonetic", ("name_phonetic",), "patient"),
)
IDENTIFIERS = Fact("Identifiers", ("identifiers",), "patient", missing="None")
OF_PATIENT_PAGE = (
    *OF_PERSON,
    *RARE,
    Fact("Deceased", ("deceased", "deceased_at"), "patient", missing="No"),
    Fact("Allergies", ("allergies",), "patient", missing="None known"),
    Fact("Alerts", ("alerts",), "patient", missing="None"),
    Fact("Weight", ("weight_kg",), "patient", missing="Not known"),
    Fact("Height", ("height_m",), "patient", missing="Not known"),
    Fact("Pregnancy", ("pregnancy",), "patient", missing="Not known"),
)
