// Wedge scanners, wherever the focus is: keys faster than a human types, or after the
// scanner's prefix, ended by Enter. Who wants scans registers with onScan(); the first
// one whose `context()` is truthy gets the code, and the keys never reach the page.
// The prefix, if the scanners of a site send one: <html data-scan-prefix="]C1">.

import { post } from "./http.js";
import { openPalette } from "./palette.js";

export const FASTEST_HUMAN_MS = 60;
const SHORTEST_CODE = 4;

const takers = [];
const burst = { text: "", at: 0, field: null, before: "" };

const isField = (element) => element.matches("input, textarea, select") || element.isContentEditable;
const prefix = () => document.documentElement.dataset.scanPrefix ?? "";

/** `context(event)` tells where the scan belongs, or nothing; `take(context, code)`. */
export function onScan(context, take) {
  takers.unshift({ context, take });
}

/** A code that another device has read, such as the camera. */
export function give(code) {
  if ("locked" in document.documentElement.dataset) return;
  for (const { context, take } of takers) {
    const found = context({ target: document.body });
    if (found) {
      take(found, code);
      return;
    }
  }
}

function beginBurst(at, target) {
  const typedInto = target.matches("input, textarea") ? target : null;
  Object.assign(burst, { text: "", at, field: typedInto, before: typedInto?.value ?? "" });
}

/** The field that had the focus loses what the scanner typed into it. */
function undoTyping() {
  if (burst.field) burst.field.value = burst.before;
}

function endBurst(event, found, taker) {
  const hasPrefix = prefix() !== "" && burst.text.startsWith(prefix());
  const isScan = hasPrefix || (event.timeStamp - burst.at < FASTEST_HUMAN_MS && burst.text.length >= SHORTEST_CODE);
  const code = hasPrefix ? burst.text.slice(prefix().length) : burst.text;
  burst.text = "";
  burst.at = 0;
  if (!isScan) return;
  event.preventDefault();
  event.stopPropagation();
  undoTyping();
  taker.take(found, code);
}

function onKey(event) {
  if ("locked" in document.documentElement.dataset) return;
  let found = null;
  const taker = takers.find((each) => (found = each.context(event)));
  if (!taker) return;
  if (event.key === "Enter") {
    endBurst(event, found, taker);
    return;
  }
  if (event.key === "Tab") burst.text = ""; // two fields are not one code
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
  const inPrefix = prefix() !== "" && (burst.text + event.key).startsWith(prefix());
  const isLate = event.timeStamp - burst.at >= FASTEST_HUMAN_MS && !inPrefix;
  if (burst.text === "" || isLate) beginBurst(event.timeStamp, event.target);
  const insideScan = burst.text !== "";
  if (insideScan && event.key === " " && !isField(event.target)) event.preventDefault(); // would press a button
  burst.text += event.key;
  burst.at = event.timeStamp;
}

/** A code scanned on any page leads to what it names; else the palette says why not. */
async function lookUp(url, code) {
  const response = await post(url, new URLSearchParams({ q: code }));
  const answer = response.ok ? await response.json() : {};
  if (answer.url) location.assign(answer.url);
  else openPalette(code);
}

export function startScan() {
  document.addEventListener("keydown", onKey, { capture: true });
  const { scanUrl } = document.body.dataset;
  const resting = (event) => !isField(event.target) && !document.querySelector("dialog[open]");
  if (scanUrl) takers.push({ context: resting, take: (_, code) => lookUp(scanUrl, code) });
}
