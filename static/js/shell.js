// What every page starts: forms, dates, clock, keys, palette, scans, preferences, live updates, alerts, dialogs, toasts.

import { startAlerts } from "./alert.js";
import { startClock } from "./clock.js";
import { startContext } from "./context.js";
import { startDates } from "./dates.js";
import { startDrafts } from "./drafts.js";
import { startGuard } from "./guard.js";
import { csrfToken, pageSite, signInAgain } from "./http.js";
import { startKeymap } from "./keymap.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startLock } from "./lock.js";
import { startPalette } from "./palette.js";
import { startPreferences } from "./preferences.js";
import { startScan } from "./scan.js";
import { startSummary } from "./summary.js";
import { word } from "./words.js";

function onClick(event) {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    opener.closest("[popover]")?.hidePopover();
    document.getElementById(opener.dataset.opens)?.showModal();
  }
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
  const copier = event.target.closest("[data-copies]");
  if (copier) copy(copier);
  event.target.closest("[data-dismiss]")?.closest(".toast")?.remove();
}

async function copy(button) {
  const text = button.dataset.copies;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text); // no clipboard without https
  }
  button.querySelector("span").textContent = word("copied");
}

function copyBySelection(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "vh" });
  const before = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  before.focus();
}

/** htmx sends the token from the page, and shows answers that carry errors. */
function teachHtmx() {
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = csrfToken();
    event.detail.headers["X-Fragment"] = "1";
    event.detail.headers["X-Site"] = pageSite();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) signInAgain();
    if ([400, 409, 422].includes(status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.addEventListener("htmx:afterSettle", () => {
    document.dispatchEvent(new CustomEvent("radflow:swapped"));
  });
}

/** On a phone a row of tabs is wider than the page: this one comes to its middle. */
function bring(tab) {
  const [own, row] = [tab, tab.parentElement].map((each) => each.getBoundingClientRect());
  tab.parentElement.scrollLeft += own.left + own.width / 2 - row.left - row.width / 2;
}

const showCurrentTabs = () => document.querySelectorAll(".tabs [aria-current]").forEach(bring);
const onFocus = ({ target }) => target.matches(".tabs > a") && bring(target);

/** The patient banner sticks below the strips, whatever they hold. */
function followStrips(strips) {
  const place = document.documentElement.style;
  const follow = () => place.setProperty("--strips", `${strips.offsetHeight}px`);
  new ResizeObserver(follow).observe(strips);
}

startGuard();
document.addEventListener("click", onClick);
teachHtmx();
startPreferences();
startClock();
startKeymap();
startKeys();
startPalette();
startScan();
startLock();
startSummary();
startDates();
showCurrentTabs();
addEventListener("resize", showCurrentTabs);
document.addEventListener("focusin", onFocus);
startDrafts();
if (document.getElementById("live")) {
  startContext();
  startLive();
  startAlerts();
  followStrips(document.querySelector(".strips"));
}
