// Scan gate. While the gate is open every scan is its own (scan.js).
// The first scan is the wristband, the second the requisition; then the patient is asked.
// What was scanned or answered is only carried to the server; the verdict, and whether
// Start exists, come from there. Start has no key and no focus of its own: the Enter
// that a scanner sends presses nothing.
//
//   <dialog class="dialog gate" id="gate" data-gate>
//     <form data-gate-form action="..."> inputs data-gate-field="wristband|requisition"
//     <div data-gate-result> fragment with [data-state=waiting|match|safety|ready|mismatch|not-now],
//       in it <form data-gate-answers> while the patient is asked
// "Scan again" posts both fields empty: the answer is the waiting band, nothing is recorded.

import { post } from "./http.js";
import { onScan } from "./scan.js";
import { play } from "./tone.js";

const SAME_SCAN_MS = 2000;
const AFTER_SCAN_MS = 1000; // an Enter so soon is the scanner's own
const FIELDS = ["wristband", "requisition"];
const TONES = { match: "scan", safety: "scan", ready: "match", mismatch: "mismatch" };

const last = { code: "", at: 0 };
const scanned = new Set(); // fields that a scanner filled
let scannedAt = 0;
let turn = Promise.resolve(); // a scan waits for the verdict on the one before it

const openGate = () => document.querySelector("dialog[data-gate][open]");
const field = (gate, name) => gate.querySelector(`[data-gate-field="${name}"]`);

function isRepeated(code) {
  const repeated = code === last.code && Date.now() - last.at < SAME_SCAN_MS;
  Object.assign(last, { code, at: Date.now() });
  return repeated;
}

async function takeScan(gate, code) {
  if (isRepeated(code)) return;
  if (gate.dataset.state === "mismatch") {
    play("mismatch");
    return;
  }
  const name = FIELDS.find((each) => field(gate, each)?.value === "") ?? laterField(gate, code);
  if (!name) return;
  const isTyped = FIELDS.some((each) => field(gate, each)?.value && !scanned.has(each));
  field(gate, name).value = code;
  scanned.add(name);
  gate.querySelector('[name="source"]')?.setAttribute("value", isTyped ? "typed" : "scan");
  play("scan");
  await submit(gate);
}

/** Both fitted, and something else was read since: that is looked at as a wristband. */
function laterField(gate, code) {
  const known = FIELDS.some((each) => !field(gate, each) || field(gate, each).value === code);
  return known ? "" : "wristband";
}

async function submit(gate, form = gate.querySelector("[data-gate-form]"), submitter = null) {
  const result = gate.querySelector("[data-gate-result]");
  result.setAttribute("aria-busy", "true");
  try {
    const response = await post(form.action, new FormData(form, submitter));
    if (response.status !== 401) show(gate, result, await response.text());
  } catch {
    result.querySelector("[data-gate-error]")?.removeAttribute("hidden");
  } finally {
    result.removeAttribute("aria-busy");
  }
}

function show(gate, result, html) {
  window.Idiomorph.morph(result, html, { morphStyle: "innerHTML", restoreFocus: true });
  window.htmx?.process(result);
  const state = result.querySelector("[data-state]")?.dataset.state ?? "waiting";
  if (state !== gate.dataset.state && TONES[state]) play(TONES[state]);
  gate.dataset.state = state;
  result.querySelector("[data-gate-focus]")?.focus();
}

function scanAgain(gate) {
  FIELDS.forEach((name) => (field(gate, name).value = ""));
  last.code = "";
  scanned.clear();
  submit(gate);
}

onScan(openGate, (gate, code) => {
  scannedAt = Date.now();
  turn = turn.then(() => takeScan(gate, code));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && openGate() && Date.now() - scannedAt < AFTER_SCAN_MS) event.preventDefault();
  if (event.key === "Escape" && !("locked" in document.documentElement.dataset)) openGate()?.querySelector("[data-gate-cancel]")?.click();
}, { capture: true });
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-gate-form], [data-gate-answers]")) return;
  event.preventDefault();
  if (!event.submitter?.name) event.target.querySelector('[name="source"]')?.setAttribute("value", "typed");
  submit(event.target.closest("[data-gate]"), event.target, event.submitter);
});
document.addEventListener("click", (event) => {
  const gate = openGate();
  if (!gate) return;
  if (event.target.closest("[data-gate-again]")) scanAgain(gate);
  const typed = event.target.closest("[data-gate-type]") && gate.querySelector("[data-gate-typed]");
  if (typed) {
    typed.hidden = false;
    typed.querySelector("input:not([type=hidden])")?.focus();
  }
});
