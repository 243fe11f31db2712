from __future__ import annotations

from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pynetdicom.dsutils import decode

from radflow.dicom.charsets import Fit, is_supported
from radflow.dicom.datasets import encode_item, plan_answer
from radflow.dicom.errors import ValueTooLong
from radflow.dicom.worklist_item import Code, IssuedId, Issuer
from tests.dicom.builders import dataset, item, query

TYPE_1 = {
    "PatientName",
    "PatientID",
    "StudyInstanceUID",
    "RequestedProcedureID",
    "ScheduledProcedureStepSequence",
}


def keywords(answer: Dataset) -> set[str]:
    return {element.keyword for element in answer} - {"SpecificCharacterSet"}


def test_answers_only_what_was_asked_plus_type_1() -> None:
    answer = encode_item(item(), query(PatientSex="", AccessionNumber=""))
    assert keywords(answer) == TYPE_1 | {"PatientSex", "AccessionNumber"}


def test_an_unknown_type_2_value_is_present_and_empty() -> None:
    answer = encode_item(item(), query(PatientBirthDate="", PregnancyStatus=None))
    assert answer["PatientBirthDate"].is_empty
    assert answer["PregnancyStatus"].is_empty


def test_there_is_exactly_one_step_item() -> None:
    answer = encode_item(item(), query())
    (step,) = answer.ScheduledProcedureStepSequence
    assert step.ScheduledStationAETitle == "CT1"
    assert step.ScheduledProcedureStepStartTime == "103000"


@pytest.mark.parametrize("step", [[], [Dataset()]])
def test_an_empty_step_query_asks_for_every_step_attribute(
    step: list[Dataset],
) -> None:
    asked = dataset(ScheduledProcedureStepSequence=step)
    answer = encode_item(item(premedication="None"), asked)
    assert answer.ScheduledProcedureStepSequence[0].PreMedication == "None"


def test_an_unsupported_key_is_named_and_marks_the_answer() -> None:
    plan = plan_answer(query(PatientAge="", PatientSex=""))
    assert plan.unsupported == ("PatientAge",)
    assert plan.answer(item()).unsupported_keys


def test_an_unsupported_key_inside_the_step_is_named() -> None:
    plan = plan_answer(query({"Modality": "", "ScheduledProcedureStepEndDate": ""}))
    assert plan.unsupported == ("ScheduledProcedureStepEndDate",)


def test_private_keys_and_the_character_set_are_not_unsupported() -> None:
    asked = query(SpecificCharacterSet="ISO_IR 100")
    asked.add_new(0x00090010, "LO", "VENDOR")
    assert plan_answer(asked).unsupported == ()


def test_a_backslash_becomes_a_slash() -> None:
    answer = encode_item(
        item(transport="bed\\chair"), query(PatientTransportArrangements="")
    )
    assert answer.PatientTransportArrangements == "bed/chair"


def test_control_characters_are_stripped() -> None:
    answer = encode_item(item(special_needs="hoist\x0b\r\n!"), query(SpecialNeeds=""))
    assert answer.SpecialNeeds == "hoist!"


def test_a_long_text_keeps_its_line_ends() -> None:
    answer = encode_item(
        item(comments="one\r\ntwo\x00"), query(RequestedProcedureComments="")
    )
    assert answer.RequestedProcedureComments == "one\r\ntwo"


def test_a_description_is_cut_at_64_characters() -> None:
    answer = encode_item(item(patient_state="x" * 70), query(PatientState=""))
    assert answer.PatientState == "x" * 64


def test_a_station_name_is_cut_at_16_characters() -> None:
    answer = encode_item(item(station_name="y" * 20), query())
    assert answer.ScheduledProcedureStepSequence[0].ScheduledStationName == "y" * 16


@pytest.mark.parametrize(
    ("change", "keyword"),
    [
        ({"accession": IssuedId("A" * 17)}, "AccessionNumber"),
        ({"patient_id": IssuedId("P" * 65)}, "PatientID"),
        ({"requested_procedure_id": "R" * 17}, "RequestedProcedureID"),
        ({"step_id": "S" * 17}, "ScheduledProcedureStepID"),
        ({"station_ae": "T" * 17}, "ScheduledStationAETitle"),
        ({"study_instance_uid": "1." * 33}, "StudyInstanceUID"),
    ],
)
def test_an_identifier_is_never_cut(change: dict[str, str], keyword: str) -> None:
    with pytest.raises(ValueTooLong) as caught:
        encode_item(item(**change), query(AccessionNumber=""))
    assert caught.value.keyword == keyword
    assert "AAAA" not in str(caught.value)


def test_long_alerts_go_on_in_a_further_value_at_a_word() -> None:
    alert = "Latex allergy with anaphylaxis, pacemaker in place, and infusion pump"
    answer = encode_item(item(medical_alerts=(alert,)), query(MedicalAlerts=""))
    assert list(answer.MedicalAlerts) == [
        "Latex allergy with anaphylaxis, pacemaker in place, and infusion",
        "pump",
    ]


def test_an_allergy_of_one_endless_word_loses_nothing() -> None:
    answer = encode_item(item(allergies=("z" * 150,)), query(Allergies=""))
    assert "".join(answer.Allergies) == "z" * 150
    assert all(len(value) <= 64 for value in answer.Allergies)


def test_many_allergies_survive_explicit_vr() -> None:
    many = tuple(f"Allergen number {number} " + "w" * 40 for number in range(1300))
    answer = encode_item(item(allergies=many), query(Allergies=""))
    raw = bytes(answer.get_item("Allergies").value)
    assert raw.count(b"\\") == len(many) - 1


def test_a_code_is_answered_whole() -> None:
    answer = encode_item(item(), query(RequestedProcedureCodeSequence=[]))
    (code,) = answer.RequestedProcedureCodeSequence
    assert (code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning) == (
        "CTHEAD",
        "99RF",
        "CT head",
    )


def test_a_long_code_goes_to_long_code_value() -> None:
    long_code = Code("L" * 17, "99RF", "x")
    answer = encode_item(
        item(requested_procedure_code=long_code),
        query(RequestedProcedureCodeSequence=[]),
    )
    assert answer.RequestedProcedureCodeSequence[0].LongCodeValue == "L" * 17


def test_the_description_falls_back_to_the_code_meaning() -> None:
    answer = encode_item(item(), query(RequestedProcedureDescription=""))
    assert answer.RequestedProcedureDescription == "CT head"


def test_issuers_are_told_as_namespace_and_qualifiers() -> None:
    asked = query(IssuerOfPatientID="", IssuerOfPatientIDQualifiersSequence=[])
    answer = encode_item(item(), asked)
    assert answer.IssuerOfPatientID == "GENHOSP"
    assert answer.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2.3.4"


def test_other_ids_carry_their_issuer() -> None:
    other = (IssuedId("NHS-9", Issuer("NHS")),)
    answer = encode_item(
        item(other_patient_ids=other), query(OtherPatientIDsSequence=[])
    )
    (told,) = answer.OtherPatientIDsSequence
    assert (told.PatientID, told.IssuerOfPatientID) == ("NHS-9", "NHS")


def test_referenced_sequences_are_answered_empty() -> None:
    answer = encode_item(item(), query(ReferencedStudySequence=[]))
    assert list(answer.ReferencedStudySequence) == []


def test_numbers_fit_their_representation() -> None:
    measured = item(weight_kg=70.123456789, size_m=1.75, pregnancy_status=3)
    asked = query(PatientWeight="", PatientSize="", PregnancyStatus=None)
    answer = encode_item(measured, asked)
    assert str(answer.PatientWeight) == "70.1235"
    assert float(answer.PatientSize) == 1.75
    assert answer.PregnancyStatus == 3


def test_the_timezone_is_answered_only_when_asked() -> None:
    zoned = item(timezone_offset="+0200")
    assert "TimezoneOffsetFromUTC" not in encode_item(zoned, query())
    asked = encode_item(zoned, query(TimezoneOffsetFromUTC=""))
    assert asked.TimezoneOffsetFromUTC == "+0200"


def test_implicit_and_explicit_vr_say_the_same() -> None:
    plan = plan_answer(query(PatientSex="", RequestedProcedureCodeSequence=[]))
    answer = plan.answer(item(patient_name="Müller^Jörg"))
    implicit = decode(BytesIO(answer.to_bytes(implicit_vr=True)), True, True)
    assert implicit == answer.to_dataset()


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 192", "山田^太郎"),
        ("ISO_IR 100", "Müller^Jörg"),
        ("ISO_IR 101", "Dvořák^Antonín"),
        ("ISO_IR 144", "Иванов^Иван"),
        ("ISO_IR 126", "Παππάς^Νίκος"),
        ("GB18030", "王^小东"),
        ("ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
    ],
)
def test_a_name_survives_its_character_set(charset: str, name: str) -> None:
    answer = plan_answer(query()).answer(item(patient_name=name), charset=charset)
    assert answer.fit is Fit.EXACT
    assert str(answer.to_dataset().PatientName) == name


def test_the_default_repertoire_declares_no_character_set() -> None:
    answer = encode_item(item(), query(), charset="")
    assert "SpecificCharacterSet" not in answer


def test_what_does_not_fit_is_transliterated_and_flagged() -> None:
    name = item(patient_name="Łukasz^Dvořák")
    answer = plan_answer(query()).answer(name, charset="ISO_IR 100")
    assert str(answer.to_dataset().PatientName) == "Lukasz^Dvorák"
    assert answer.fit is Fit.TRANSLITERATED


def test_what_cannot_be_transliterated_is_a_flagged_question_mark() -> None:
    answer = plan_answer(query()).answer(
        item(patient_name="山田^Taro"), charset="ISO_IR 100"
    )
    assert str(answer.to_dataset().PatientName) == "??^Taro"
    assert answer.fit is Fit.REPLACED


def test_only_known_character_sets_are_supported() -> None:
    assert is_supported("ISO_IR 100")
    assert is_supported("ISO 2022 IR 87")
    assert not is_supported("UTF-8")
