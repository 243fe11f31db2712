"""Scan gate and autosave: what the page sends, and what it never loses."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.design.site import Site

SCRIPT = """<script type="module" src="{%% static 'js/%s.js' %%}"></script>"""
GATE = """
<button type="button" data-opens="gate">Verify</button>
<dialog class="dialog gate" id="gate" data-gate aria-label="Verify">
  <div data-gate-result><div data-state="waiting">Scan the wristband</div></div>
  <form data-gate-form method="post" action="/verify/">
    <input type="hidden" name="source" value="typed">
    <input name="wristband" data-gate-field="wristband" aria-label="Wristband">
    <input name="requisition" data-gate-field="requisition" aria-label="Requisition">
    <button>Check</button>
  </form>
</dialog>"""
EDITOR = """
<form data-autosave-url="/draft/">
  <input type="hidden" name="version" value="3">
  <textarea name="impression" aria-label="Impression"></textarea>
</form>
<span data-autosave-state></span><div data-autosave-conflict></div>"""


def _open_gate(page: Page, site: Site) -> None:
    site.answer("/verify/", '<div data-state="waiting">Scan the requisition</div>')
    page.goto(site.page(GATE, SCRIPT % "gate"))
    page.get_by_role("button", name="Verify").click()


# All keys in one turn of the page, as a wedge scanner's are: no clock decides here.
WEDGE = """(code) => {
  const target = document.activeElement;
  const how = { bubbles: true, cancelable: true };
  const pressed = (key) => new KeyboardEvent("keydown", { key, ...how });
  const keys = [...code, "Enter"].map(pressed);
  for (const event of keys) {
    const { key } = event;
    const passed = target.dispatchEvent(event);
    if (passed && key.length === 1 && target.matches("input")) target.value += key;
  }
}"""


def _scan(page: Page, code: str) -> None:
    with page.expect_response("**/verify/"):
        page.evaluate(WEDGE, code)


def test_scans_go_to_wristband_then_requisition_wherever_the_focus_is(
    page: Page, site: Site
) -> None:
    _open_gate(page, site)
    _scan(page, "00123456")
    expect(page.get_by_text("Scan the requisition")).to_be_visible()
    site.answer("/verify/", '<div data-state="match">Right patient</div>')
    _scan(page, "26-004512")
    expect(page.locator("#gate")).to_have_attribute("data-state", "match")
    assert site.posted[-1] == {
        "source": ["scan"],
        "wristband": ["00123456"],
        "requisition": ["26-004512"],
    }


def test_a_scan_into_the_wrong_field_leaves_no_trace_there(
    page: Page, site: Site
) -> None:
    _open_gate(page, site)
    page.get_by_label("Requisition").focus()
    _scan(page, "00123456")
    expect(page.get_by_label("Requisition")).to_have_value("")
    expect(page.get_by_label("Wristband")).to_have_value("00123456")


def test_the_same_code_twice_in_a_row_counts_once(page: Page, site: Site) -> None:
    _open_gate(page, site)
    _scan(page, "00123456")
    page.evaluate(WEDGE, "00123456")
    expect(page.get_by_label("Requisition")).to_have_value("")


def test_a_mismatch_refuses_further_scans(page: Page, site: Site) -> None:
    _open_gate(page, site)
    site.answer("/verify/", '<div data-state="mismatch">Stop</div>')
    _scan(page, "00123465")
    expect(page.locator("#gate")).to_have_attribute("data-state", "mismatch")
    page.evaluate(WEDGE, "26-004512")
    expect(page.get_by_label("Requisition")).to_have_value("")
    assert len(site.posted) == 1


def test_typed_identifiers_are_sent_as_typed(page: Page, site: Site) -> None:
    _open_gate(page, site)
    page.get_by_label("Wristband").fill("00123456")
    with page.expect_response("**/verify/"):
        page.get_by_role("button", name="Check").click()
    assert site.posted[-1]["source"] == ["typed"]


def _type_report(page: Page, site: Site, text: str) -> None:
    page.clock.install()
    page.goto(site.page(EDITOR, SCRIPT % "autosave"))
    page.get_by_label("Impression").fill(text)


def test_a_changed_draft_is_kept_by_the_server(page: Page, site: Site) -> None:
    saved = json.dumps({"version": 4})
    site.answer("/draft/", saved, type="application/json")
    _type_report(page, site, "No fracture.")
    page.clock.run_for(5_000)
    expect(page.locator("[data-autosave-state]")).to_contain_text("Saved")
    expect(page.locator("[name=version]")).to_have_value("4")
    page.clock.run_for(15_000)
    assert [each["impression"] for each in site.posted] == [["No fracture."]]


def test_a_conflict_shows_both_texts_and_loses_none(page: Page, site: Site) -> None:
    conflict = '<div class="callout">Dr Lee changed this</div>'
    site.answer("/draft/", conflict, status=409)
    _type_report(page, site, "No fracture.")
    page.clock.run_for(5_000)
    expect(page.get_by_text("Dr Lee changed this")).to_be_visible()
    expect(page.get_by_label("Impression")).to_have_value("No fracture.")
