// Scan gate. While the gate is open a wedge scanner works wherever the focus is:
// keys faster than a human types (or after the scanner's prefix), ended by Enter.
// The first scan is the wristband, the second the requisition. What was scanned is
// only carried to the server; the verdict, and whether Start exists, come from there.
//
//   <dialog class="dialog gate" id="gate" data-gate [data-gate-prefix="]C1"]>
//     <form data-gate-form action="..."> inputs data-gate-field="wristband|requisition"
//     <div data-gate-result> fragment with [data-state=waiting|match|mismatch]
// "Scan again" posts both fields empty: the answer is the waiting band, nothing is recorded.

import { post } from "./http.js";
import { play } from "./tone.js";

const FASTEST_HUMAN_MS = 60;
const SHORTEST_CODE = 4;
const SAME_SCAN_MS = 2000;
const FIELDS = ["wristband", "requisition"];

const burst = { text: "", at: 0, field: null, before: "" };
const last = { code: "", at: 0 };
let turn = Promise.resolve(); // a scan waits for the verdict on the one before it

const openGate = () => document.querySelector("dialog[data-gate][open]");
const field = (gate, name) => gate.querySelector(`[data-gate-field="${name}"]`);

const isField = (element) => element.matches("input, textarea");

function beginBurst(at, target) {
  const typedInto = isField(target) ? target : null;
  Object.assign(burst, { text: "", at, field: typedInto, before: typedInto?.value ?? "" });
}

/** The field that had the focus loses what the scanner typed into it. */
function undoTyping() {
  if (burst.field) burst.field.value = burst.before;
}

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
  field(gate, name).value = code;
  gate.querySelector('[name="source"]')?.setAttribute("value", "scan");
  play("scan");
  await submit(gate);
}

function endBurst(gate, event) {
  const prefix = gate.dataset.gatePrefix ?? "";
  const hasPrefix = prefix !== "" && burst.text.startsWith(prefix);
  const isScan = hasPrefix || (event.timeStamp - burst.at < FASTEST_HUMAN_MS && burst.text.length >= SHORTEST_CODE);
  if (!isScan) return;
  event.preventDefault();
  event.stopPropagation();
  undoTyping();
  const code = hasPrefix ? burst.text.slice(prefix.length) : burst.text;
  Object.assign(burst, { text: "", at: 0 });
  turn = turn.then(() => takeScan(gate, code));
}

function onKey(event) {
  const gate = openGate();
  if (!gate) return;
  if (event.key === "Escape") gate.querySelector("[data-gate-cancel]")?.click();
  if (event.key === "Enter") {
    endBurst(gate, event);
    return;
  }
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
  const prefix = gate.dataset.gatePrefix ?? "";
  const inPrefix = prefix !== "" && (burst.text + event.key).startsWith(prefix);
  if (event.timeStamp - burst.at >= FASTEST_HUMAN_MS && !inPrefix) beginBurst(event.timeStamp, event.target);
  const insideScan = burst.text !== "";
  if (insideScan && event.key === " " && !isField(event.target)) event.preventDefault(); // would press a button
  burst.text += event.key;
  burst.at = event.timeStamp;
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
  submit(gate);
}

document.addEventListener("keydown", onKey, { capture: true });
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
