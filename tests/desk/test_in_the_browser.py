"""Drafts, summaries and undo at the real pages, as a coordinator meets them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from orders.cause import Cause
from orders.models import Order
from orders.services import hold
from radflow.accounts.models import User
from radflow.desk.models import Draft
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse"


@pytest.fixture
def coordinator(chromium: Browser, transactional_db: None) -> User:
    return User.objects.create_user(
        "priya", password=PASSWORD, role="coordinator", first_name="Priya"
    )


@pytest.fixture
def order(coordinator: User) -> Order:
    return make_order()


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#id_username").fill("priya")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(f"**{address}")


def test_a_draft_survives_reload_and_sign_in_and_ends_with_the_form(
    window: Page, order: Order
) -> None:
    address = f"/orders/{order.pk}/act/hold/"
    window.clock.install()
    sign_in(window, address)
    reason = window.get_by_label("Reason")
    with window.expect_response("**/desk/drafts/**"):
        window.reload()
    with window.expect_response(lambda r: r.request.method == "POST"):
        reason.fill("Waits for creatinine")
        window.clock.run_for(5_000)
    window.on("dialog", lambda dialog: dialog.accept())
    window.reload()
    expect(reason).to_have_value("Waits for creatinine")
    expect(window.get_by_text("Draft of")).to_be_visible()
    window.context.clear_cookies()
    sign_in(window, address)
    expect(reason).to_have_value("Waits for creatinine")
    window.get_by_role("link", name="Back to the order").click()  # nothing to lose
    window.wait_for_url(f"**/orders/{order.pk}/")
    window.goto(address)
    expect(reason).to_have_value("Waits for creatinine")
    window.get_by_role("button", name="Hold exam").click()
    window.wait_for_url(f"**/orders/{order.pk}/")
    assert not Draft.objects.exists()
    window.get_by_role("button", name="Undo", exact=True).click()
    expect(window.get_by_text("Undone.")).to_be_visible()
    order.refresh_from_db()
    assert order.status == "ordered"


def test_a_draft_is_discarded(window: Page, order: Order, coordinator: User) -> None:
    fields = {"reason": ["Waits for consent"]}
    values = {"form": "hold", "subject": order.pk, "saved_at": order.created_at}
    Draft.objects.create(user=coordinator, fields=fields, **values)
    sign_in(window, f"/orders/{order.pk}/act/hold/")
    reason = window.get_by_label("Reason")
    expect(reason).to_have_value("Waits for consent")
    window.get_by_role("button", name="Discard").click()
    expect(reason).to_have_value("")
    assert not Draft.objects.exists()


def test_the_summary_takes_the_focus_and_leads_to_the_field(
    window: Page, order: Order
) -> None:
    sign_in(window, f"/orders/new/{order.patient_id}/")
    window.evaluate("document.getElementById('new-form').noValidate = true")
    window.get_by_label("Clinical information").fill("Known stent")
    window.get_by_role("button", name="Place order").click()
    summary = window.get_by_role("alert").filter(has_text="Not ordered. 2 problems")
    expect(summary).to_be_focused()
    expect(window.get_by_label("Clinical information")).to_have_value("Known stent")
    window.keyboard.press("Tab")
    window.keyboard.press("Enter")
    field = window.get_by_label("Procedure", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("This field is required.")


def test_both_versions_are_shown_and_mine_is_kept_on_demand(
    window: Page, order: Order
) -> None:
    sign_in(window, f"/orders/{order.pk}/act/cancel/")
    window.get_by_label("Reason").fill("Ordered twice")
    hold(order_id=order.pk, by="placer", cause=Cause(actor="The hospital"))
    window.get_by_role("button", name="Cancel order").click()
    conflict = window.get_by_role("alert").filter(has_text="The hospital changed this")
    expect(conflict).to_be_focused()
    window.get_by_role("button", name="Copy text").click()
    expect(window.get_by_role("button", name="Copied")).to_be_visible()
    order.refresh_from_db()
    assert order.status == "on_hold"
    window.get_by_role("button", name="Keep mine").click()
    window.wait_for_url(f"**/orders/{order.pk}/")
    order.refresh_from_db()
    assert order.status == "cancelled"
