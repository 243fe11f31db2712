// Report editor: the draft is kept on the server, every 5 s while it changes.
//   <form data-autosave-url="..."> … <span class="saving" data-autosave-state></span>
// The answer is JSON {version, saved_at} or, with 409, a fragment showing both texts.

import { wallClock } from "./clock.js";
import { post } from "./http.js";
import { word } from "./words.js";

const EVERY_MS = 5000;
const form = document.querySelector("form[data-autosave-url]");
let saved = form ? content() : "";
let busy = false;
let stopped = false; // somebody chooses between two texts first

function content() {
  const data = new FormData(form);
  data.delete("csrfmiddlewaretoken");
  data.delete("version");
  return new URLSearchParams(data).toString();
}

function say(text, state = "saved") {
  for (const place of document.querySelectorAll("[data-autosave-state]")) {
    place.textContent = text;
    place.dataset.state = state;
  }
}

function showConflict(html) {
  stopped = true;
  const place = document.querySelector("[data-autosave-conflict]");
  place.innerHTML = html;
  window.htmx?.process(place);
  place.scrollIntoView({ block: "nearest" });
  say(word("not-saved-conflict"), "failed");
}

async function accept(response, sent) {
  const answer = await response.json();
  const version = form.querySelector('[name="version"]');
  if (version && answer.version !== undefined) version.value = answer.version;
  saved = sent;
  say(word("saved", wallClock(answer.saved_at ? Date.parse(answer.saved_at) : undefined)));
}

/** Resolves to true when the server holds what is on the screen. */
export async function save() {
  const sent = content();
  if (sent === saved) return true;
  if (busy || stopped) return false;
  busy = true;
  try {
    const response = await post(form.dataset.autosaveUrl, new FormData(form));
    if (response.ok) await accept(response, sent);
    else if (response.status === 409) showConflict(await response.text());
    else if (response.status === 401) say(word("not-saved-signed-out"), "failed");
    else say(word("not-saved"), "failed");
  } catch {
    say(word("not-saved-offline"), "failed");
  } finally {
    busy = false;
  }
  return content() === saved;
}

function onLeave(event) {
  if (content() !== saved) event.preventDefault();
}

if (form) {
  setInterval(save, EVERY_MS);
  addEventListener("beforeunload", onLeave);
  form.addEventListener("submit", () => removeEventListener("beforeunload", onLeave));
}
