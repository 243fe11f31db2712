from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE

from radflow.dicom.client import ScannerClient
from radflow.dicom.datasets import Answer, plan_answer
from radflow.dicom.errors import IdentifierMismatch, PeerError
from radflow.dicom.exchange import AssociationInfo, Limits
from radflow.dicom.matching import matches, parse_query
from tests.dicom.builders import item, query
from tests.dicom.conftest import Serve

MWL = "1.2.840.10008.5.1.4.31"
ITEMS = [item(step_id=f"SPS{n}", patient_name=f"Müller^Nr{n}") for n in range(20)]
Connect = Callable[..., ScannerClient]


def answers(identifier: Dataset, info: AssociationInfo) -> Iterator[Answer]:
    plan, asked = plan_answer(identifier), parse_query(identifier)
    return (plan.answer(found) for found in ITEMS if matches(found, asked))


def endless(identifier: Dataset, info: AssociationInfo) -> Iterator[Answer]:
    plan = plan_answer(identifier)
    return (plan.answer(item()) for _ in itertools.count())


def statuses_of(client: ScannerClient, asked: Dataset) -> list[int]:
    with client.association(MWL) as assoc:
        return [status.Status for status, _ in assoc.send_c_find(asked, MWL)]


def test_a_scanner_finds_its_items(serve: Serve, scanner: Connect) -> None:
    found = scanner(serve(on_find=answers)).find_worklist(query({"Modality": "CT"}))
    assert len(found) == 20
    assert str(found[3].PatientName) == "Müller^Nr3"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
@pytest.mark.parametrize("max_pdu", [0, 256, 16382])
def test_every_syntax_and_pdu_length_carries_the_answers(
    serve: Serve, syntax: str, max_pdu: int
) -> None:
    server = serve(on_find=answers)
    entity = AE("CT1")
    entity.maximum_pdu_size = max_pdu
    entity.add_requested_context(MWL, [syntax])
    assoc = entity.associate("127.0.0.1", server.port, ae_title="RADFLOW")
    asked = query(RequestedProcedureCodeSequence=[])
    found = [match for _, match in assoc.send_c_find(asked, MWL) if match]
    assoc.release()
    assert [str(m.PatientName) for m in found] == [i.patient_name for i in ITEMS]


def test_one_association_answers_many_queries(serve: Serve, scanner: Connect) -> None:
    client = scanner(serve(on_find=answers))
    with client.association(MWL) as assoc:
        for n in range(5):
            asked = query({"ScheduledProcedureStepID": f"SPS{n}"})
            found = [m for _, m in assoc.send_c_find(asked, MWL) if m]
            assert len(found) == 1


def test_no_match_is_plain_success(serve: Serve, scanner: Connect) -> None:
    client = scanner(serve(on_find=answers))
    assert statuses_of(client, query({"Modality": "MR"})) == [0x0000]


def test_an_unsupported_key_warns_with_every_match(
    serve: Serve, scanner: Connect
) -> None:
    asked = query({"ScheduledProcedureStepID": "SPS1"}, PatientAge="")
    assert statuses_of(scanner(serve(on_find=answers)), asked) == [0xFF01, 0x0000]


def test_a_plain_dataset_may_be_the_answer(serve: Serve, scanner: Connect) -> None:
    client = scanner(serve(on_find=lambda asked, info: [query(PatientName="Ada")]))
    assert client.find_worklist(query())[0].PatientName == "Ada"


def test_over_the_limit_it_says_so_after_the_limit(
    serve: Serve, scanner: Connect
) -> None:
    server = serve(Limits(max_matches=7), on_find=endless)
    assert statuses_of(scanner(server), query()) == [0xFF00] * 7 + [0xA700]


def test_exactly_the_limit_is_success(serve: Serve, scanner: Connect) -> None:
    server = serve(Limits(max_matches=20), on_find=answers)
    assert statuses_of(scanner(server), query())[-1] == 0x0000


def test_a_cancel_ends_the_answers(serve: Serve, scanner: Connect) -> None:
    server = serve(Limits(max_matches=1_000_000), on_find=endless)
    received: list[int] = []
    with scanner(server).association(MWL) as assoc:
        for status, _ in assoc.send_c_find(query(), MWL, msg_id=7):
            if not received:
                assoc.send_c_cancel(7, query_model=MWL)
            received.append(status.Status)
    assert received[-1] == 0xFE00


def test_a_mismatch_is_a900_with_the_keyword(serve: Serve, scanner: Connect) -> None:
    client = scanner(serve(on_find=answers))
    with client.association(MWL) as assoc:
        asked = query({"ScheduledProcedureStepStartDate": "20260230"})
        ((status, _),) = assoc.send_c_find(asked, MWL)
    assert status.Status == 0xA900
    assert "ScheduledProcedureStepStartDate" in status.ErrorComment


def test_a_mismatch_raised_late_still_ends_the_query(
    serve: Serve, scanner: Connect
) -> None:
    def late(asked: Dataset, info: AssociationInfo) -> Iterator[Answer]:
        yield plan_answer(asked).answer(item())
        raise IdentifierMismatch("PatientName", "changed its mind")

    assert statuses_of(scanner(serve(on_find=late)), query()) == [0xFF00, 0xA900]


def test_a_failing_callback_is_unable_to_process_and_logs_no_value(
    serve: Serve, scanner: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(asked: Dataset, info: AssociationInfo) -> list[Answer]:
        raise ValueError(str(asked.PatientName))

    client = scanner(serve(on_find=fails))
    with pytest.raises(PeerError) as caught:
        client.find_worklist(query(PatientName="Okafor^Ada"))
    assert caught.value.status == 0xC001
    assert "ValueError" in caplog.text
    assert "Okafor" not in caplog.text


def test_the_callback_knows_who_asks(serve: Serve, scanner: Connect) -> None:
    seen: list[AssociationInfo] = []

    def remember(asked: Dataset, info: AssociationInfo) -> list[Answer]:
        seen.append(info)
        return []

    scanner(serve(on_find=remember), "MR7").find_worklist(query())
    assert (seen[0].calling_ae, seen[0].called_ae) == ("MR7", "RADFLOW")
    assert (seen[0].address, seen[0].max_pdu) == ("127.0.0.1", 16382)
    assert seen[0].association_id


def test_a_peer_that_leaves_mid_answer_frees_its_association(
    serve: Serve, scanner: Connect
) -> None:
    ended = Event()
    callbacks: dict[str, Any] = {"on_find": endless, "on_association_end": ended.set}
    server = serve(Limits(max_matches=1_000_000), **callbacks)
    with scanner(server).association(MWL) as assoc:
        next(assoc.send_c_find(query(), MWL))
        assoc.abort()
    assert ended.wait(10)
