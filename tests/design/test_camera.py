"""The camera reads barcodes at the gate where the browser can, and nobody needs it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.design.site import Site

GATE = """
<div data-camera hidden>
  <button type="button" data-camera-switch aria-pressed="false">Camera</button>
  <p data-camera-refused hidden>Refused</p>
  <video muted playsinline hidden aria-label="View"></video>
</div>
<output id="read"></output>"""
TAKER = """
import { onScan } from "/static/js/scan.js";
const read = document.getElementById("read");
onScan(() => read, (_, code) => (read.textContent += `${code} `));
await import("/static/js/camera.js");
"""
LOADED = '<script src="/taker.js" type="module"></script>'
READER = """
window.codes = [];
window.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["qr_code", "ean_13"]); }
  constructor({ formats }) { window.formats = formats; }
  detect() { return Promise.resolve(window.codes.map((rawValue) => ({ rawValue }))); }
};
const canvas = document.createElement("canvas");
navigator.mediaDevices.getUserMedia = () => Promise.resolve(canvas.captureStream(1));
HTMLMediaElement.prototype.play = () => Promise.resolve();
"""
REFUSING = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(Error("no"));
}"""
NONE = "delete window.BarcodeDetector"


@pytest.fixture
def gate(page: Page, site: Site) -> Page:
    page.add_init_script(READER)
    _open(page, site)
    return page


def _open(page: Page, site: Site) -> None:
    site.answer("/taker.js", TAKER, type="text/javascript")
    page.goto(site.page(GATE, LOADED))


def test_what_the_camera_reads_goes_the_way_of_a_scanner_once(gate: Page) -> None:
    switch = gate.get_by_role("button", name="Camera")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    gate.wait_for_function("String(window.formats) === 'qr_code'")
    gate.evaluate("window.codes = ['00123456']")
    expect(gate.locator("#read")).to_have_text("00123456")
    gate.evaluate("window.codes = ['26-004512']")
    expect(gate.locator("#read")).to_have_text("00123456 26-004512")
    switch.click()
    expect(gate.locator("video")).to_be_hidden()
    expect(switch).to_have_attribute("aria-pressed", "false")


def test_a_camera_that_is_refused_is_said(gate: Page) -> None:
    gate.evaluate(REFUSING)
    gate.get_by_role("button", name="Camera").click()
    expect(gate.get_by_text("Refused")).to_be_visible()
    expect(gate.locator("video")).to_be_hidden()


def test_a_browser_that_reads_no_barcodes_offers_no_camera(
    page: Page, site: Site
) -> None:
    page.add_init_script(NONE)
    _open(page, site)
    page.wait_for_function("document.readyState === 'complete'")
    expect(page.locator("[data-camera]")).to_be_hidden()
