// Scan gate. While the gate is open every scan is its own (scan.js).
// The first scan is the wristband, the second the requisition. What was scanned is
// only carried to the server; the verdict, and whether Start exists, come from there.
//
//   <dialog class="dialog gate" id="gate" data-gate>
//     <form data-gate-form action="..."> inputs data-gate-field="wristband|requisition"
//     <div data-gate-result> fragment with [data-state=waiting|match|mismatch]
// "Scan again" posts both fields empty: the answer is the waiting band, nothing is recorded.

import { post } from "./http.js";
import { onScan } from "./scan.js";
import { play } from "./tone.js";

const SAME_SCAN_MS = 2000;
const FIELDS = ["wristband", "requisition"];

const last = { code: "", at: 0 };
const scanned = new Set(); // fields that a scanner filled
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
  const name = FIELDS.find((each) => field(gate, each)?.value === "");
  if (!name) return;
  const isTyped = FIELDS.some((each) => field(gate, each)?.value && !scanned.has(each));
  field(gate, name).value = code;
  scanned.add(name);
  gate.querySelector('[name="source"]')?.setAttribute("value", isTyped ? "typed" : "scan");
  play("scan");
  await submit(gate);
}

async function submit(gate) {
  const form = gate.querySelector("[data-gate-form]");
  const result = gate.querySelector("[data-gate-result]");
  result.setAttribute("aria-busy", "true");
  try {
    const response = await post(form.action, new FormData(form));
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
  gate.dataset.state = state;
  if (state === "match" || state === "mismatch") play(state);
  if (state === "match") result.querySelector("[data-gate-start]")?.focus();
}

function scanAgain(gate) {
  FIELDS.forEach((name) => (field(gate, name).value = ""));
  last.code = "";
  scanned.clear();
  submit(gate);
}

onScan(openGate, (gate, code) => (turn = turn.then(() => takeScan(gate, code))));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !("locked" in document.documentElement.dataset)) openGate()?.querySelector("[data-gate-cancel]")?.click();
}, { capture: true });
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-gate-form]")) return;
  event.preventDefault();
  event.target.querySelector('[name="source"]')?.setAttribute("value", "typed");
  submit(event.target.closest("[data-gate]"));
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
