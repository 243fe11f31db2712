"""From draft to retirement, and which contract governs which message."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging.contracts import lifecycle
from radflow.messaging.contracts.drafts import Draft, Sample, as_draft
from radflow.messaging.contracts.lifecycle import ContractError
from radflow.messaging.contracts.registry import Registry, Use
from radflow.messaging.contracts.rules import FieldRule
from radflow.messaging.contracts.versions import fault_in, holds, overlap
from radflow.messaging.models import ZContract

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = Draft(
    segment="ZZ1",
    vendor="Acme",
    product="Flow",
    sending_application="ACME",
    evidence="Interface agreement 7, page 3",
    fields=(FieldRule(1, 0, "set id", "SI", required="R"),),
    samples=(Sample("ZZ1|1"), Sample("ZZ1|x", valid=False)),
)


def drafted(by: User, **changes: object) -> ZContract:
    return lifecycle.create_draft(draft=replace(DRAFT, **changes), by=by)  # type: ignore[arg-type]


def approved(by: User, **changes: object) -> ZContract:
    return lifecycle.approve(contract_id=drafted(by, **changes).pk, by=by)


def governing(*, version: str = "", **changes: object) -> ZContract | None:
    values: dict[str, object] = {
        "segment": "ZZ1",
        "application": "ACME",
        "facility": "GENHOSP",
        "message_type": "ORM^O01",
        "at": timezone.now(),
    }
    found = Registry().find(Use(version=version, **{**values, **changes}))  # type: ignore[arg-type]
    return ZContract.objects.get(pk=found.id) if found else None


def test_a_draft_and_an_example_never_act(interface_admin: User) -> None:
    contract = drafted(interface_admin)
    assert governing() is None
    ZContract.objects.filter(pk=contract.pk).update(status="example")
    assert governing() is None


def test_an_approved_contract_names_author_and_approver(
    interface_admin: User, administrator: User
) -> None:
    contract = drafted(interface_admin)
    lifecycle.approve(contract_id=contract.pk, by=administrator)
    contract.refresh_from_db()
    assert (contract.created_by, contract.approver) == (interface_admin, administrator)
    assert governing() == contract
    entry = AuditEntry.objects.get(action="contract_approved")
    assert (entry.actor_id, entry.detail["author"]) == (
        administrator.pk,
        interface_admin.pk,
    )


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"evidence": " "}, "evidence"),
        ({"fields": ()}, "fields"),
        ({"samples": (Sample("ZZ1|1"),)}, "samples"),
        ({"samples": (Sample("ZZ1|x", valid=False),)}, "samples"),
        ({"samples": (Sample("ZZ1|x"), Sample("ZZ1|y", valid=False))}, "samples"),
        ({"samples": (Sample("ZZ1|1"), Sample("ZZ1|2", valid=False))}, "samples"),
    ],
)
def test_a_contract_without_proof_is_not_approved(
    interface_admin: User, changes: dict[str, object], place: str
) -> None:
    contract = drafted(interface_admin, **changes)
    with pytest.raises(ContractError) as caught:
        lifecycle.approve(contract_id=contract.pk, by=interface_admin)
    assert place in caught.value.faults
    assert governing() is None


@pytest.mark.parametrize(
    ("field", "place"),
    [
        (FieldRule(0, 0, "a"), "fields-0-field"),
        (FieldRule(1, 0, ""), "fields-0-name"),
        (FieldRule(1, 0, "a", "XX"), "fields-0-datatype"),
        (FieldRule(1, 0, "a", regex="(a"), "fields-0-regex"),
        (FieldRule(1, 0, "a", target="patient.name"), "fields-0-target"),
        (FieldRule(1, 0, "a", target="order.note", policy="fill"), "fields-0-policy"),
        (FieldRule(1, 0, "a", required="C", condition="x"), "fields-0-condition"),
    ],
)
def test_a_field_that_cannot_act_is_not_kept(
    interface_admin: User, field: FieldRule, place: str
) -> None:
    with pytest.raises(ContractError) as caught:
        drafted(interface_admin, fields=(field,))
    assert place in caught.value.faults


def test_what_is_approved_is_not_changed_but_followed_by_a_version(
    interface_admin: User,
) -> None:
    first = approved(interface_admin)
    with pytest.raises(ContractError):
        lifecycle.change_draft(contract_id=first.pk, draft=DRAFT, by=interface_admin)
    second = lifecycle.new_version(contract_id=first.pk, by=interface_admin)
    assert (second.version, second.status) == ("1.1.0", "draft")
    assert as_draft(second).fields == as_draft(first).fields
    draft = replace(as_draft(second), evidence="Agreement 8")
    lifecycle.change_draft(contract_id=second.pk, draft=draft, by=interface_admin)
    lifecycle.approve(contract_id=second.pk, by=interface_admin)
    first.refresh_from_db()
    assert (first.status, first.retired_reason) == ("retired", "Replaced by 1.1.0")
    assert governing() == second


def test_a_replay_is_governed_by_what_was_in_force_at_its_receipt(
    interface_admin: User,
) -> None:
    before = timezone.now()
    first = approved(interface_admin)
    between = timezone.now()
    second = lifecycle.new_version(contract_id=first.pk, by=interface_admin)
    draft = replace(as_draft(second), evidence="Agreement 8")
    lifecycle.change_draft(contract_id=second.pk, draft=draft, by=interface_admin)
    lifecycle.approve(contract_id=second.pk, by=interface_admin)
    lifecycle.retire(contract_id=second.pk, reason="Removed", by=interface_admin)
    assert governing(at=before - timedelta(seconds=1)) is None
    assert governing(at=between) == first
    assert governing() is None


def test_a_registry_held_by_a_process_sees_what_is_approved_later(
    interface_admin: User,
) -> None:
    registry = Registry()

    def find() -> object:
        use = Use("ZZ1", "ACME", "GENHOSP", "ORM^O01", timezone.now())
        found = registry.find(use)
        return found and found.id

    assert find() is None
    contract = approved(interface_admin)
    assert find() == contract.pk
    lifecycle.retire(contract_id=contract.pk, reason="Removed", by=interface_admin)
    assert find() is None


def test_the_most_particular_contract_governs(interface_admin: User) -> None:
    anybody = approved(interface_admin, sending_application="*", product="Any")
    ours = approved(interface_admin)
    seven = approved(interface_admin, product_version=">=7,<8", product="Seven")
    assert governing(application="OTHER") == anybody
    assert governing(version="7.4") == seven
    assert governing(version="9.0") == ours
    assert governing(segment="ZZ2") is None


def test_a_version_that_no_contract_covers_is_governed_by_none(
    interface_admin: User,
) -> None:
    approved(interface_admin, product_version=">=7,<8")
    assert governing(version="8.0") is None
    assert governing() is not None


@pytest.mark.parametrize(
    ("changes", "collides"),
    [
        ({"vendor": "Other"}, True),
        ({"vendor": "Other", "sending_facility": "GENHOSP"}, False),
        ({"vendor": "Other", "sending_application": "OTHER"}, False),
        ({"vendor": "Other", "segment": "ZZ2"}, False),
        ({"vendor": "Other", "message_types": ("ADT^A01",)}, True),
        ({"vendor": "Other", "product_version": ">=2"}, False),
    ],
)
def test_two_contracts_that_match_the_same_messages_are_refused(
    interface_admin: User, changes: dict[str, object], collides: bool
) -> None:
    approved(interface_admin)
    if "segment" in changes:
        samples = (Sample("ZZ2|1"), Sample("ZZ2|x", valid=False))
        changes = {**changes, "samples": samples}
    other = drafted(interface_admin, **changes)
    if not collides:
        lifecycle.approve(contract_id=other.pk, by=interface_admin)
        return
    with pytest.raises(ContractError, match="matches the same messages"):
        lifecycle.approve(contract_id=other.pk, by=interface_admin)


def test_of_two_rivals_approved_at_once_one_is_refused(interface_admin: User) -> None:
    rivals = [drafted(interface_admin, vendor=vendor) for vendor in ("One", "Other")]
    both, refused = threading.Barrier(2), []

    def work(contract_id: int) -> None:
        try:
            both.wait(30)
            lifecycle.approve(contract_id=contract_id, by=interface_admin)
        except ContractError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[one.pk]) for one in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 1
    assert ZContract.objects.filter(segment="ZZ1", status="approved").count() == 1


def test_the_same_version_is_not_there_twice(interface_admin: User) -> None:
    drafted(interface_admin)
    with pytest.raises(ContractError) as caught:
        drafted(interface_admin)
    assert "version" in caught.value.faults


def test_retiring_needs_a_reason(interface_admin: User) -> None:
    contract = approved(interface_admin)
    with pytest.raises(ContractError):
        lifecycle.retire(contract_id=contract.pk, reason=" ", by=interface_admin)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (">=7,<8", ">=8,<9", False),
        (">=7,<8", ">=7.5", True),
        (">7,<8", "<=7", False),
        (">7,<8", "<8", True),
        ("VB60A", "vb60a", True),
        ("7.1", ">=7,<8", True),
        ("==7.*", ">=7.2,<7.3", True),
        ("*", ">=7", False),
        ("*", "*", True),
    ],
)
def test_ranges_of_versions_overlap(one: str, other: str, both: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is both


@pytest.mark.parametrize(
    ("text", "declared", "within"),
    [
        (">=7.0,<8", "7.4", True),
        (">=7.0,<8", "8.0", False),
        (">=7.0,<8", "VB60A", False),
        ("VB60A", "vb60a", True),
        ("*", "anything", True),
    ],
)
def test_a_version_is_within_a_range(text: str, declared: str, within: bool) -> None:
    assert fault_in(text) == ""
    assert holds(text, declared) is within


@pytest.mark.parametrize("text", ["", ">=x", "===7", ">=7 <8"])
def test_a_range_that_cannot_be_read_is_refused(text: str) -> None:
    assert fault_in(text)
