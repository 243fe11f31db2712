from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.build import Value, segment
from radflow.hl7.composite import Composite
from radflow.hl7.errors import HL7Error
from radflow.hl7.escapes import STANDARD
from radflow.hl7.fields import (
    CWE,
    CX,
    ED,
    EI,
    HD,
    NDL,
    PL,
    RP,
    TQ,
    XAD,
    XCN,
    XPN,
    names_from_pn,
    names_to_pn,
    xcn_to_pn,
    xpn_to_pn,
)
from radflow.hl7.segment import Segment


def _segment(value: str) -> Segment:
    return Segment(f"ZZZ|{value}", 1, STANDARD)


@pytest.mark.parametrize(
    ("kind", "raw", "read"),
    [
        (
            CX,
            "700123^5^^GENHOSP&1.2&ISO^MR",
            CX("700123", "GENHOSP", "1.2", "ISO", "MR", "5"),
        ),
        (EI, "ACC1^RADFLOW^1.2^ISO", EI("ACC1", "RADFLOW", "1.2", "ISO")),
        (HD, "GENHOSP^1.2^ISO", HD("GENHOSP", "1.2", "ISO")),
        (CWE, "CTPA^CT^99RF^X1^Y^99L", CWE("CTPA", "CT", "99RF", "X1", "Y", "99L")),
        (
            PL,
            "WARD3^12^B^GENHOSP^^^^^North",
            PL("WARD3", "12", "B", "GENHOSP", "North"),
        ),
        (
            PL,
            "W^1^A^H^O^C^Main^3^x",
            PL("W", "1", "A", "H", "x", "O", "C", "Main", "3"),
        ),
        (
            XAD,
            "1 Main St^Flat 2^Town^ST^1234^GB^H^^Shire",
            XAD("1 Main St", "Flat 2", "Town", "ST", "1234", "GB", "H", "", "Shire"),
        ),
        (
            CWE,
            "R^CT^RL^A^B^L^2026^1^as typed",
            CWE("R", "CT", "RL", "A", "B", "L", "2026", "1", "as typed"),
        ),
        (RP, "1.2^100^Application^DICOM", RP("1.2", "100", "Application", "DICOM")),
        (ED, "RF^AP^PDF^Base64^AAAA", ED("RF", "AP", "PDF", "Base64", "AAAA")),
        (TQ, "1^^^20260302^20260303^S", TQ("1", "", "", "20260302", "20260303", "S")),
        (
            XPN,
            "Hart^Maya^J^III^Dr^MD^L^A",
            XPN("Hart", "Maya", "J", "III", "Dr", "MD", "L", "A"),
        ),
        (
            XCN,
            "1^Hart^Maya^^^Dr^MD^^NS",
            XCN("1", "Hart", "Maya", prefix="Dr", degree="MD", authority="NS"),
        ),
        (
            NDL,
            "1&Hart&Maya&&&Dr^20260302^^WARD",
            NDL(
                "1", "Hart", "Maya", prefix="Dr", start="20260302", point_of_care="WARD"
            ),
        ),
    ],
)
def test_a_type_is_read_and_written_alike(
    kind: type[Composite], raw: str, read: Composite
) -> None:
    assert kind.of(_segment(raw), 1) == read
    assert segment("ZZZ", {1: read.value()}) == f"ZZZ|{raw}"


def test_timing_of_a_segment_is_that_of_the_type() -> None:
    timing = TQ("1", "Q6H", "M30", "20260302", "20260303", "S")
    line = segment("TQ1", timing.tq1(2))
    assert line == "TQ1|2|1|Q6H|||M30|20260302|20260303|S"
    assert TQ.of_tq1(Segment(line, 1, STANDARD)) == timing
    assert TQ.of_tq1(Segment('TQ1|1|||||||""', 1, STANDARD)) == TQ()


def test_data_within_a_message_comes_back() -> None:
    data = bytes(range(256)) * 40
    sent = ED.holding(data, "AP", "PDF", source="RF")
    line = segment("OBX", {5: sent.value()})
    assert ED.of(Segment(line, 1, STANDARD), 5).content() == data


@pytest.mark.parametrize(
    ("encoding", "data", "content"),
    [
        ("base64", "AAEC\nAwQ=\n", b"\0\1\2\3\4"),
        ("Hex", "00 01fF", b"\0\1\xff"),
        ("A", "Åse", "Åse".encode()),
        ("", "x", b"x"),
    ],
)
def test_data_is_read_as_its_encoding_says(
    encoding: str, data: str, content: bytes
) -> None:
    assert ED("", "TX", "", encoding, data).content() == content


@pytest.mark.parametrize(
    ("encoding", "data", "code"),
    [
        ("Base64", "AAE", "102"),
        ("Base64", "A*==", "102"),
        ("Base64", "Ä===", "102"),
        ("Hex", "0g", "102"),
        ("Base64", "A" * 16, "102"),
        ("A", "x" * 11, "102"),
        ("A", "x" * 1000, "102"),
        ("UUEncode", "x", "103"),
    ],
)
def test_data_that_is_none_or_too_much_is_refused(
    encoding: str, data: str, code: str
) -> None:
    with pytest.raises(HL7Error) as caught:
        ED("", "", "", encoding, data).content(limit=10)
    assert caught.value.code == code


@given(st.text(alphabet="ab^&~\\\\TS", max_size=30))
def test_an_occurrence_is_split_alike_at_once_and_by_parts(text: str) -> None:
    positions = [(n, sub) for n in range(1, 6) for sub in range(1, 4)]
    for occurrence in _segment(text).repetitions(1):
        one_by_one = [occurrence.value(*position) for position in positions]
        assert occurrence.leaves(positions) == one_by_one


def test_absent_occurrences_are_empty_and_all_are_listed() -> None:
    identifiers = _segment("1^^^A~2^^^B")
    assert CX.of(identifiers, 1, 3) == CX()
    assert CX.of(identifiers, 2) == CX()
    assert [cx.id for cx in CX.all(identifiers, 1)] == ["1", "2"]


def test_null_components_read_as_empty() -> None:
    assert XPN.of(_segment('Hart^""'), 1) == XPN("Hart")


def test_lists_of_values_build_repetitions() -> None:
    value: Value = [CX("1", "A").value(), CX("2", "B").value()]
    assert segment("PID", {3: value}) == "PID|||1^^^A~2^^^B"


@pytest.mark.parametrize(
    ("raw", "family"),
    [
        ("Van&der Berg", "Van der Berg"),
        ("Van der Berg&Van der&Berg", "Van der Berg"),
        ("&Van der&Berg", "Van der Berg"),
        ("Roe-Moss&&Moss&&Roe", "Roe-Moss"),
        ("Hart", "Hart"),
        ("O\\T\\Neill", "O&Neill"),
    ],
)
def test_a_family_name_is_one_name(raw: str, family: str) -> None:
    assert XPN.of(_segment(f"{raw}^Ada"), 1).family == family
    assert XCN.of(_segment(f"1^{raw}^Ada"), 1).family == family


@pytest.mark.parametrize("raw", ["6002&Moss&Kit", "6002^Moss^Kit", "6002&Moss&Kit^20"])
def test_who_did_it_is_read_in_both_forms(raw: str) -> None:
    assert NDL.of(_segment(raw), 1).person == XCN("6002", "Moss", "Kit")


def test_an_id_with_times_only_is_no_misused_name() -> None:
    found = NDL.of(_segment("6002^20260302100000^20260302110000"), 1)
    assert found == NDL("6002", start="20260302100000", end="20260302110000")


def test_prefix_and_suffix_change_places_in_dicom() -> None:
    assert (
        xpn_to_pn(XPN("Okafor", "Ada", "Grace", prefix="Ms")) == "Okafor^Ada^Grace^Ms"
    )
    full = XPN("Hart", "Maya", "J", "III", "Dr", "MD")
    assert xpn_to_pn(full) == "Hart^Maya^J^Dr^III MD"
    assert xpn_to_pn(XPN("A^B=C\\D\n", "E")) == "A B C/D^E"
    assert xcn_to_pn(_segment("3002^Hart^Maya^^^Dr"), 1) == "Hart^Maya^^Dr"


def test_representations_become_groups_and_come_back() -> None:
    names = [
        XPN("山田", "太郎", representation="I"),
        XPN("Yamada", "Taro", suffix="Jr", prefix="Mr", representation="A"),
        XPN("やまだ", "たろう", representation="P"),
    ]
    text = names_to_pn(names)
    assert text == "Yamada^Taro^^Mr^Jr=山田^太郎=やまだ^たろう"
    assert sorted(map(xpn_to_pn, names_from_pn(text))) == sorted(map(xpn_to_pn, names))
    assert names_to_pn([XPN("Hart"), XPN("Hart-Roe")]) == "Hart"
    assert names_to_pn([]) == ""
