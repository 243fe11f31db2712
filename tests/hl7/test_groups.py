from __future__ import annotations

import pytest

from radflow.hl7.errors import HL7Error
from radflow.hl7.groups import (
    OrderGroup,
    observation_groups,
    order_groups,
    patient_group,
    result_groups,
)
from radflow.hl7.message import Message
from tests.hl7.samples import message, sample


def _orders(*lines: str) -> list[OrderGroup]:
    return order_groups(Message.parse(message(*lines)))


def _obr(accession: str, procedure: str, step: str) -> str:
    return f"OBR|1|||C|{'|' * 13}{accession}|{procedure}|{step}"


def _uids(groups: list[OrderGroup]) -> list[str]:
    return [group.zds.value(1) if group.zds else "" for group in groups]


def test_a_whole_order_is_one_group() -> None:
    (group,) = order_groups(Message.parse(sample("01")))
    assert group.orc is not None
    assert group.obr is not None
    assert group.zds is not None
    assert [len(group.tq1), len(group.nte), len(group.obx)] == [1, 1, 2]
    assert group.obx[0].value(5) == "68.5"


def test_steps_are_repeated_control_segments() -> None:
    groups = _orders("ORC|NW|1", "OBR|1", "IPC|A^N|R|U|S1", "IPC|A^N|R|U|S2")
    assert [ipc.value(4) for ipc in groups[0].ipc] == ["S1", "S2"]


def test_several_orders_keep_their_own_segments() -> None:
    groups = _orders(
        *("ORC|NW|1", "TQ1|1", "OBR|1", "DG1|1", "NTE|1||a", "OBX|1", "NTE|1||b"),
        *("ZDS|1.2", "ORC|NW|2", "OBR|2", "BLG|x", "ZDS|1.3"),
    )
    assert _uids(groups) == ["1.2", "1.3"]
    assert [nte.value(3) for nte in groups[0].nte] == ["a"]
    assert [nte.value(3) for nte in groups[0].obx[0].nte] == ["b"]
    assert [len(groups[0].tq1), len(groups[0].dg1)] == [1, 1]
    assert [other.name for other in groups[1].others] == ["BLG"]
    assert not any(group.shared_orc for group in groups)


def test_one_study_for_several_steps_of_a_procedure() -> None:
    first, second = _obr("A1", "R1", "S1"), _obr("A1", "R1", "S2")
    groups = _orders("ORC|NW|1", first, "ORC|NW|1", second, "ZDS|1.2")
    assert _uids(groups) == ["1.2", "1.2"]


def test_a_trailing_study_belongs_to_the_group_it_follows() -> None:
    first, second = _obr("A1", "R1", "S1"), _obr("A1", "R2", "S1")
    groups = _orders("ORC|NW|1", first, "ORC|NW|1", second, "ZDS|1.2")
    assert _uids(groups) == ["", "1.2"]


def test_one_control_segment_before_several_requests_is_shared() -> None:
    groups = _orders("ORC|NW|1", "TQ1|1", "OBR|1", "OBR|2")
    assert [group.shared_orc for group in groups] == [False, True]
    assert groups[0].orc is groups[1].orc
    assert groups[1].tq1 == groups[0].tq1


def test_requests_need_no_control_segment() -> None:
    groups = _orders("PID|1", "OBR|1", "OBX|1", "OBR|2")
    assert [group.orc for group in groups] == [None, None]
    assert not groups[1].shared_orc
    assert _orders("PID|1", "NTE|1") == []


def test_the_patient_ends_where_orders_begin() -> None:
    patient = patient_group(
        Message.parse(
            message(
                *("NTE|1||of the message", "PID|1", "PD1|x", "NTE|1||of the patient"),
                *("PV1|1", "PV2|x", "AL1|1", "AL1|2", "DG1|1", "IN1|1", "OBX|1"),
                *("NTE|1||of the observation", "ORC|NW", "NTE|1||of the order"),
            )
        )
    )
    assert [nte.value(3) for nte in patient.nte] == ["of the patient"]
    assert patient.obx[0].nte[0].value(3) == "of the observation"
    assert [len(patient.al1), len(patient.dg1)] == [2, 1]
    assert [other.name for other in patient.others] == ["NTE", "IN1"]
    assert all((patient.pid, patient.pd1, patient.pv1, patient.pv2))


def test_results_of_several_patients_stay_apart() -> None:
    lines = (
        "NTE|0",
        "PID|1||A",
        "OBR|1",
        "OBX|1",
        "NTE|1",
        "PID|2||B",
        "ORC|RE",
        "OBR|2",
    )
    found = result_groups(Message.parse(message(*lines)))
    assert [group.patient.pid.value(3) for group in found if group.patient.pid] == [
        "A",
        "B",
    ]
    assert [len(group.orders) for group in found] == [1, 1]
    assert len(found[0].orders[0].obx[0].nte) == 1
    assert found[1].orders[0].orc is not None


def test_a_result_needs_no_patient() -> None:
    (group,) = result_groups(Message.parse(message("OBR|1", "OBX|1")))
    assert group.patient.pid is None
    assert len(group.orders[0].obx) == 1


@pytest.mark.parametrize("head", ["PID|2||B", r"MSH|^~\&|A"])
def test_orders_of_another_patient_are_not_given_to_the_first(head: str) -> None:
    raw = message("PID|1||A", "ORC|NW|1", "OBR|1", head, "ORC|NW|2", "OBR|2")
    with pytest.raises(HL7Error) as caught:
        order_groups(Message.parse(raw))
    assert (caught.value.code, caught.value.location) == ("100", f"{head[:3]}^2")


def test_observations_of_one_sub_id_are_one_finding() -> None:
    lines = [f"OBX|{n}|ST|{what}|{sub}" for n, what, sub in OBSERVED]
    (group,) = _orders("OBR|1", *lines)
    found = [
        [observation.value(1) for observation in one]
        for one in observation_groups(group.obx)
    ]
    assert found == [["1"], ["2", "5"], ["3", "6"], ["4"]]


OBSERVED = [
    (1, "TITLE", ""),
    (2, "FINDING", "1"),
    (3, "FINDING", "2"),
    (4, "NOTE", ""),
    (5, "SITE", "1"),
    (6, "SITE", "2"),
]


def test_orders_of_a_message_keep_all_that_is_theirs() -> None:
    own = ("TQ1|{0}", "OBR|{0}", "NTE|{0}", "DG1|{0}", "OBX|{0}", "IPC|{0}", "ZDS|{0}")
    lines = [line.format(n) for n in (1, 2, 3) for line in ("ORC|{0}", *own)]
    for number, group in enumerate(_orders("PID|1", *lines), start=1):
        one = [group.orc, group.obr, group.zds, group.obx[0].obx]
        several = [*group.tq1, *group.nte, *group.dg1, *group.ipc]
        segments = [segment for segment in (*one, *several) if segment is not None]
        assert {segment.value(1) for segment in segments} == {str(number)}
        assert len(segments) == 8
