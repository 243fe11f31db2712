// Who moves which exam right now. This window says what it has grasped, and again every
// ten seconds; what others have grasped comes as a live list, and is marked on blocks,
// cards and slots until they let go or say nothing for thirty seconds.

import { now } from "./clock.js";
import { csrfToken, metaValue, post } from "./http.js";
import { board, columns, stand } from "./place.js";
import { word } from "./words.js";

const AGAIN_MS = 10_000;
const MOVED_MS = 700; // a place that stays so long is said

const me = crypto.randomUUID();
let held = null; // { order, place, minutes }
let again = 0;
let soon = 0;
let sent = Promise.resolve(); // one after the other: a grasp must not overtake its end

const list = () => board().querySelector("[data-grasps]");

function said() {
  const told = new URLSearchParams({ order: held.order, window: me });
  if (!held.place) return told;
  const { column, first } = held.place;
  const time = `${Math.floor(first / 60)}:${first % 60}`;
  const where = { room: column.dataset.room, date: column.dataset.date, time, duration: held.minutes, zone: metaValue("zone") };
  Object.entries(where).forEach(([name, value]) => told.set(name, value));
  return told;
}

function tell() {
  clearTimeout(again);
  if (!held) return;
  again = setTimeout(tell, AGAIN_MS);
  send(board().dataset.graspUrl, said());
}

/** One that does not arrive is a warning less: the database decides, and it ends by itself. */
function send(url, fields) {
  sent = sent.then(() => post(url, fields)).catch(() => {});
}

export function grasp(exam) {
  held = { order: exam.order, minutes: exam.minutes, place: null };
  tell();
}

/** Where the exam would go by now. */
export function graspPlace(place) {
  if (!held) return;
  const before = held.place;
  if (before?.column === place.column && before.first === place.first) return;
  held.place = place;
  clearTimeout(soon);
  soon = setTimeout(tell, MOVED_MS);
}

function drop(tellServer) {
  clearTimeout(soon);
  clearTimeout(again);
  if (held) tellServer(board().dataset.releaseUrl, new URLSearchParams({ window: me, csrfmiddlewaretoken: csrfToken() }));
  held = null;
}

export const letGo = () => drop(send);

/** A page that goes waits for no answer. */
const leave = () => drop((url, fields) => navigator.sendBeacon(url, fields));

function forget() {
  board().querySelectorAll("[data-held]").forEach((each) => delete each.dataset.held);
  board().querySelectorAll(".grasped").forEach((each) => each.remove());
}

const others = () => [...list().querySelectorAll("[data-grasp]")].filter(({ dataset }) => Date.parse(dataset.until) > now());

function markSlot({ room, date, first, last, by }) {
  const column = columns().find(({ dataset }) => dataset.room === room && dataset.date === date);
  if (!column) return;
  const slot = document.createElement("div");
  slot.className = "grasped";
  slot.setAttribute("aria-hidden", "true");
  slot.append(document.createElement("span"));
  slot.firstChild.textContent = word("held-by", by);
  stand(slot, column, Number(first), last - first);
}

function mark() {
  forget();
  for (const { dataset } of others()) {
    const found = board().querySelectorAll(`[data-order="${CSS.escape(dataset.grasp)}"]`);
    found.forEach((each) => (each.dataset.held = word("held-by", dataset.by)));
    if (dataset.room) markSlot(dataset);
  }
}

/** After every swap, as a swap takes the marks away; and once a second for what ends. */
export function startGrasps() {
  list().dataset.liveUrl += `?window=${me}`;
  document.addEventListener("radflow:swapped", mark);
  setInterval(() => board().querySelector("[data-held], .grasped") && mark(), 1000);
  addEventListener("pagehide", leave);
}

export const graspsRegion = list;
