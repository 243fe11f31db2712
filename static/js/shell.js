// What every page starts: clock, keys, palette, scans, preferences, live updates, alerts, dialogs, toasts.

import { startAlerts } from "./alert.js";
import { startClock } from "./clock.js";
import { startContext } from "./context.js";
import { csrfToken, pageSite, signInAgain } from "./http.js";
import { startKeymap } from "./keymap.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startLock } from "./lock.js";
import { startPalette } from "./palette.js";
import { startPreferences } from "./preferences.js";
import { startScan } from "./scan.js";

function onClick(event) {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    opener.closest("[popover]")?.hidePopover();
    document.getElementById(opener.dataset.opens)?.showModal();
  }
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
  event.target.closest("[data-dismiss]")?.closest(".toast")?.remove();
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

/** The patient banner sticks below the strips, whatever they hold. */
function followStrips(strips) {
  const place = document.documentElement.style;
  const follow = () => place.setProperty("--strips", `${strips.offsetHeight}px`);
  new ResizeObserver(follow).observe(strips);
}

document.addEventListener("click", onClick);
teachHtmx();
startPreferences();
startClock();
startKeymap();
startKeys();
startPalette();
startScan();
startLock();
if (document.getElementById("live")) {
  startContext();
  startLive();
  startAlerts();
  followStrips(document.querySelector(".strips"));
}
