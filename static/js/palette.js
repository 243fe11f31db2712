// Command palette (Ctrl-K): people and orders from the server, pages and acts from the
// page itself. The input keeps the focus; aria-activedescendant walks the options.
// Enter does what stands chosen; before the answer came and with nothing chosen it sends
// the whole form, so that a scanner may type here.

import { post } from "./http.js";

const QUIET_MS = 120;
const part = (name) => document.querySelector(`[data-palette-${name}]`);
const dialog = () => document.getElementById("palette");
// What an earlier text had found stays in view until the next answer, but is no choice.
const isChoice = (each) => each.checkVisibility() && !each.closest('[aria-busy="true"]');
const options = () => [...dialog().querySelectorAll('[role="option"]')].filter(isChoice);

let timer = 0;
let asked = ""; // what the shown answer, or the one under way, was asked with
let waiting = false;

function choose(option) {
  for (const each of dialog().querySelectorAll('[aria-selected="true"]')) each.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) part("input").setAttribute("aria-activedescendant", option.id);
  else part("input").removeAttribute("aria-activedescendant");
}

const chosen = () => options().find((each) => each.getAttribute("aria-selected") === "true");

const beginsWord = (words, text) => ` ${words.trim().toLowerCase()}`.includes(` ${text}`);

function filterOwn(text) {
  const wanted = text.toLowerCase();
  for (const group of dialog().querySelectorAll("[data-palette-own]")) {
    for (const option of group.querySelectorAll('[role="option"]')) {
      option.parentElement.hidden = !beginsWord(option.textContent, wanted);
    }
    group.hidden = !group.querySelector("li:not([hidden])");
  }
}

async function ask(text) {
  const found = part("found");
  const response = await post(part("form").action, new URLSearchParams({ q: text })).catch(() => null);
  if (text !== asked) return;
  waiting = false;
  found.innerHTML = response?.ok ? await response.text() : `<li class="hit-note">${found.dataset.failed}</li>`;
  found.hidden = false;
  found.removeAttribute("aria-busy");
  choose(chosen() ?? options()[0]);
}

function changed() {
  const text = part("input").value.trim();
  filterOwn(text);
  if (text !== asked) part("found").setAttribute("aria-busy", "true");
  choose(options()[0]);
  if (text === asked) return;
  asked = text;
  waiting = text !== "";
  clearTimeout(timer);
  if (text) timer = setTimeout(ask, QUIET_MS, text);
  else part("found").hidden = true;
}

function run(option) {
  dialog().close();
  if (option.dataset.clicks) document.querySelector(option.dataset.clicks)?.click();
  else option.click();
}

function walk(event) {
  const all = options();
  const now = all.indexOf(chosen());
  const steps = { ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + 5, PageUp: now - 5 };
  if (!(event.key in steps) || all.length === 0) return;
  event.preventDefault();
  choose(all[Math.min(all.length - 1, Math.max(0, steps[event.key]))]);
}

function submitted(event) {
  if (waiting && !chosen()) return;
  event.preventDefault();
  if (chosen()) run(chosen());
}

function rest() {
  part("form").reset();
  part("found").replaceChildren();
  changed();
}

/** Opens with a text as if it had been typed. */
export function openPalette(text = "") {
  if (!dialog() || document.querySelector("dialog[open]")) return;
  dialog().showModal();
  part("input").value = text;
  changed();
}

export function startPalette() {
  if (!dialog()) return;
  document.addEventListener("keydown", (event) => {
    const opens = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
    if (!opens) return;
    event.preventDefault();
    openPalette();
  });
  part("input").addEventListener("input", changed);
  part("input").addEventListener("keydown", walk);
  part("form").addEventListener("submit", submitted);
  dialog().addEventListener("close", rest);
  dialog().addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"][data-clicks]');
    if (option) run(option);
    else if (event.target === dialog()) dialog().close();
  });
}
