"""About forty invented patients: look-alikes, a newborn, long and non-Latin names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from orders.requests import Identifier, PatientRequest

AUTHORITY = "GENHOSP"

# Every second order is of the demo's referring clinician.
PROVIDERS = tuple(
    {"id": staff_id, "family": family, "given": given, "prefix": "Dr"}
    for staff_id, family, given in (
        ("3002", "Fox", "Sam"),
        ("3014", "Adeyemi", "Ruth"),
        ("3002", "Fox", "Sam"),
        ("3021", "Keller", "Jonas"),
    )
)


@dataclass(frozen=True)
class Person:
    """`born` is ISO, or `-3d` for three days ago."""

    mrn: str
    family: str
    given: str
    born: str
    sex: str
    ward: str
    ideographic: str = ""
    allergy: str = ""

    @property
    def birth_date(self) -> date:
        if self.born.startswith("-"):
            return timezone.localdate() - timedelta(days=int(self.born[1:-1]))
        return date.fromisoformat(self.born)

    def request(self) -> PatientRequest:
        return PatientRequest(
            identifiers=(Identifier(self.mrn, AUTHORITY),),
            family_name=self.family,
            given_name=self.given,
            name_ideographic=self.ideographic,
            birth_date=self.birth_date,
            birth_date_text=f"{self.birth_date:%Y%m%d}",
            sex=self.sex,
            allergies=(self.allergy,) if self.allergy else (),
        )


CAST = (
    Person(
        "00123456",
        "Halvorsen",
        "Jane Anne",
        "1945-07-14",
        "F",
        "ED bay 7",
        allergy="Penicillin",
    ),
    Person("00123465", "Halversen", "Jan", "1954-07-14", "M", "Clinic"),
    Person("00124003", "Morales", "Baby Girl", "-3d", "F", "ED resus 2"),
    Person("00119034", "Петрова", "Анна", "1961-08-08", "F", "ICU 4"),
    Person("00122388", "Delacroix", "Étienne", "1999-09-27", "M", "Ortho"),
    Person("00117812", "Lindqvist", "Maja", "1990-05-19", "F", "Ward 5B"),
    Person("00121207", "Patel", "Rhea", "2019-04-11", "F", "Paeds"),
    Person("00121190", "Patel", "Riya", "2018-04-11", "F", "ED bay 2"),
    Person(
        "00097731",
        "van der Meer-Holloway",
        "Christopher Alexander",
        "1952-12-03",
        "M",
        "Ward 3A",
    ),
    Person("00088410", "Kowalczyk", "Bronisław", "1948-06-30", "M", "Ward 2C"),
    Person("00121650", "محمود", "ليلى", "1979-01-30", "F", "Clinic"),
    Person(
        "00122910",
        "Tanaka",
        "Misaki",
        "1958-01-07",
        "F",
        "Clinic",
        ideographic="田中^美咲",
    ),
    Person("00101945", "Thompson", "James", "1970-10-22", "M", "Ward 6"),
    Person("00104331", "Thomson", "James", "1971-10-02", "M", "Clinic"),
    Person("00110783", "O'Rourke", "Siobhán", "1966-11-09", "F", "Clinic"),
    Person(
        "00118842",
        "Okonkwo-Bailey",
        "Adaeze Chidinma",
        "1988-02-02",
        "F",
        "Clinic",
        allergy="Iodinated contrast",
    ),
    Person("00115520", "Ng", "Wei", "1984-03-16", "M", "Clinic"),
    Person("00120077", "Łukasiewicz", "Zofia", "1937-12-25", "F", "Clinic"),
    Person(
        "00118100",
        "Fitzwilliam-Asante",
        "Kwabena Nathaniel",
        "1975-02-18",
        "M",
        "Clinic",
    ),
    Person("00095570", "Bergström", "Ingrid", "1957-09-21", "F", "ED resus 3"),
    Person("00092340", "Iyer", "Sunita Lakshmi", "1972-06-06", "F", "Ward 5B"),
    Person("00106019", "Levy", "Ruth", "1980-03-17", "F", "Clinic"),
    Person("00123190", "Pettersson", "Noah", "2011-08-02", "M", "ED bay 4"),
    Person("00120411", "Yilmaz", "Deniz", "1993-03-04", "M", "Ward 2C"),
    Person("00121888", "Amari", "Leïla", "2004-09-15", "F", "ED bay 4"),
    Person("00093312", "Kaur", "Harpreet", "1958-11-28", "F", "Clinic"),
    Person("00094001", "Grant", "Alasdair", "1981-05-09", "M", "ED bay 1"),
    Person("00119505", "Smit", "Pieter", "1977-07-01", "M", "ED bay 9"),
    Person("00087226", "García-Lorenzo", "José María", "1955-10-12", "M", "Clinic"),
    Person("00122004", "Baptiste", "Solène", "2001-02-23", "F", "Clinic"),
    Person("00108841", "Novák", "Ludmila", "1969-06-16", "F", "Clinic"),
    Person("00091122", "Nguyễn", "Thị Minh Khai", "1949-04-30", "F", "Ward 6"),
    Person("00126001", "Papadopoulos", "Γιώργος", "1963-03-25", "M", "Clinic"),
    Person(
        "00126002", "Haddad", "Samir", "1986-08-19", "M", "ED bay 3", allergy="Latex"
    ),
    Person("00126003", "Osei", "Abena", "1995-12-01", "F", "Clinic"),
    Person("00126004", "Wójcik", "Agnieszka", "1974-09-09", "F", "Ward 3A"),
    Person(
        "00126005", "Silva e Souza", "Maria das Dores", "1940-01-02", "F", "Ward 2C"
    ),
    Person("00126006", "Brown", "Thomas", "2008-05-27", "M", "Paeds"),
    Person("00126007", "Brown", "Tomas", "2008-05-28", "M", "Paeds"),
    Person("00126008", "Jørgensen", "Åse", "1968-02-29", "F", "Clinic"),
)
