// Which patient the windows of this desk show. Who comes to another patient is told so
// once; windows that stand side by side with different patients say it while they do.
// With "reports in a second window" the list stays where it is, marks what is open, and
// the report follows in a window of its own.

import { word } from "./words.js";

const BEAT_MS = 2000;
const ALIVE_MS = 3 * BEAT_MS;
const LAST = "radflow-patient";
const SECOND = "radflow-second-window";

const desk = new BroadcastChannel("radflow-context");
const me = crypto.randomUUID();
const others = new Map(); // by window: patient, address, when it last said so

const banner = () => document.querySelector(".banner[data-patient]");
const patient = () => banner()?.dataset.patient ?? "";
const isShown = () => document.visibilityState === "visible";
const usesSecond = () => sessionStorage.getItem(SECOND) === "on";

function say() {
  desk.postMessage({ me, shown: isShown(), patient: patient(), address: location.pathname });
}

function toast(text) {
  const note = document.createElement("div");
  note.className = "toast";
  note.dataset.tone = "info";
  note.textContent = text;
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 8000);
}

function tellChange() {
  const now = patient();
  if (!now) return;
  const last = sessionStorage.getItem(LAST);
  sessionStorage.setItem(LAST, now);
  if (last && last !== now) toast(word("other-patient", banner().querySelector(".name > span").textContent.trim()));
}

const living = () => [...others.values()].filter(({ at }) => Date.now() - at < ALIVE_MS);

function compare() {
  const strip = document.getElementById("context-differs");
  const mine = patient();
  const different = living().find((each) => each.patient && each.patient !== mine);
  strip.hidden = !(mine && different);
  strip.dataset.address = different?.address ?? "";
  const open = new Set(living().map(({ address }) => address));
  for (const row of document.querySelectorAll("[data-row]")) {
    const link = row.querySelector("a[href]");
    row.toggleAttribute("data-open-beside", link !== null && open.has(link.pathname) && link.pathname !== location.pathname);
  }
}

function hear({ data }) {
  if (data.shown) others.set(data.me, { ...data, at: Date.now() });
  else others.delete(data.me);
  compare();
}

function showSecond() {
  document.querySelector("[data-second-window]")?.setAttribute("aria-pressed", String(usesSecond()));
}

function onClick(event) {
  if (event.target.closest("[data-second-window]")) {
    sessionStorage.setItem(SECOND, usesSecond() ? "off" : "on");
    showSecond();
  }
  if (event.target.closest("[data-shows-that]")) location.assign(document.getElementById("context-differs").dataset.address);
  const report = usesSecond() && document.querySelector("[data-second-window]") && event.target.closest("[data-row] a[href]");
  if (report) report.target = "radflow-report";
}

export function startContext() {
  tellChange();
  showSecond();
  document.addEventListener("radflow:swapped", showSecond);
  document.addEventListener("click", onClick, { capture: true });
  document.addEventListener("visibilitychange", say);
  addEventListener("pagehide", () => desk.postMessage({ me, shown: false }));
  desk.addEventListener("message", hear);
  say();
  setInterval(() => (say(), compare()), BEAT_MS);
}
