// Keyboard: / search, j k move, Enter open, g then a letter goes, ? help.
// Other single keys belong to buttons and links: <button data-key="b">.
// Everything rests while a field has the focus or a dialog is open, and for a person
// who switched single keys off (<html data-keys="off">, WCAG 2.1.4).

import { openPalette } from "./palette.js";
import { FASTEST_HUMAN_MS } from "./scan.js";

let waitingForPlace = false;
let soon = 0;
let waitTimer = 0;

const typing = (element) =>
  element.isContentEditable || element.matches("input, textarea, select");
const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];

function openRow(row) {
  (row.querySelector("a[data-open]") ?? row.querySelector("a"))?.click();
}

function moveCursor(step) {
  const all = rows();
  if (all.length === 0) return;
  const current = all.findIndex((row) => row.hasAttribute("data-cursor"));
  const next = current < 0 ? (step > 0 ? 0 : all.length - 1) : current + step;
  const row = all[Math.min(all.length - 1, Math.max(0, next))];
  all[current]?.removeAttribute("data-cursor");
  row.setAttribute("data-cursor", "");
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** A letter inside a barcode must press nothing: the next key comes too soon after it. */
function unlessScanned(action) {
  soon = setTimeout(action, FASTEST_HUMAN_MS);
}

const go = (letter) => document.querySelector(`[data-go="${CSS.escape(letter)}"]`)?.click();

const openKeymap = () => document.querySelector('[data-opens="keymap"]')?.click();

function focusSearch() {
  const field = document.querySelector("main [data-search]");
  if (field) field.focus();
  else openPalette();
}

function pressed(key) {
  if (waitingForPlace) {
    waitingForPlace = false;
    clearTimeout(waitTimer);
    unlessScanned(() => go(key.toLowerCase()));
    return true;
  }
  const actions = {
    "/": () => unlessScanned(focusSearch),
    j: () => moveCursor(1),
    k: () => moveCursor(-1),
    "?": () => unlessScanned(openKeymap),
    g: () => {
      waitingForPlace = true;
      waitTimer = setTimeout(() => (waitingForPlace = false), 1500);
    },
  };
  const action = actions[key];
  if (action) action();
  return Boolean(action) || pressButton(key);
}

function pressButton(key) {
  const owner = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!owner || owner.getAttribute("aria-disabled") === "true") return false;
  unlessScanned(() => owner.click());
  return true;
}

function onKey(event) {
  clearTimeout(soon);
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
  if (!plain || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && typing(event.target)) event.target.blur();
  if (typing(event.target)) return;
  if (event.key === "Enter" && event.target.matches("[data-row]")) openRow(event.target);
  else if (document.documentElement.dataset.keys !== "off" && pressed(event.key)) event.preventDefault();
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
}
