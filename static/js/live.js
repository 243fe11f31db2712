// Live updates. The socket brings hints without patient data; the page fetches what they
// touch by the GET of each region, first those without data-live-wait (milliseconds):
//   <div data-live="order message" data-live-url="/board/rows/" [data-live-id="7 9"]>
// Swaps morph, so focus and scroll stay. A region somebody points into or types in
// never changes the order of its rows: a bar offers the new ones instead.

import { now, wallClock } from "./clock.js";
import { getFragment, metaValue, signInAgain } from "./http.js";
import { counted, word } from "./words.js";

const COALESCE_MS = 150; // between two fetches of a region; the first goes at once
const BEAT_MS = 15_000;
const NOTICE_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 20_000;
const LONGEST_WAIT_MS = 30_000;
const SIGN_IN_AGAIN = [4401, 4403];

let cursor = Number(metaValue("live-seq")) || 0;
let socket = null;
let lastHeard = now();
let [attempts, lostSince, lastPoll] = [0, 0, 0];
const [waiting, asked] = [new Map(), new WeakMap()];

const regions = () => [...document.querySelectorAll("[data-live][data-live-url]")];

function listensTo(region, hint) {
  const topics = region.dataset.live.split(/\s+/);
  const only = region.dataset.liveId?.split(" ");
  const root = hint.topic.split(/[.:]/)[0];
  return (topics.includes(hint.topic) || topics.includes(root)) && (!only || only.includes(String(hint.id)));
}

const rowOrder = (root) => [...root.querySelectorAll("[data-row]")].map((row) => row.id);
const isHeld = (region) => region.matches(":hover") || region.contains(document.activeElement);

/** Rows that arrive, or 0 when the rows present keep their order and none comes or goes. */
function movedRows(region, next) {
  const [before, after] = [rowOrder(region), rowOrder(next)];
  if (before.join() === after.join()) return 0;
  return after.filter((id) => !before.includes(id)).length || 1;
}

function offer(region, count) {
  let bar = region.previousElementSibling;
  if (!bar?.matches(".newbar")) {
    bar = document.createElement("button");
    bar.type = "button";
    bar.className = "newbar";
    bar.setAttribute("aria-live", "polite");
    bar.addEventListener("click", () => refresh(region, true));
    region.before(bar);
  }
  bar.textContent = counted("rows-changed", count);
}

function swap(region, html, force) {
  const next = document.createElement("template");
  next.innerHTML = html;
  const moved = movedRows(region, next.content);
  if (moved && !force && isHeld(region)) return offer(region, moved);
  if (region.previousElementSibling?.matches(".newbar")) region.previousElementSibling.remove();
  window.Idiomorph.morph(region, next.content, {
    morphStyle: "innerHTML",
    ignoreActiveValue: document.activeElement.matches("input, textarea, select"),
    callbacks: { beforeNodeMorphed: (old, fresh) => !old.isEqualNode(fresh) },
  });
  window.htmx?.process(region);
  return document.dispatchEvent(new CustomEvent("radflow:swapped", { detail: region }));
}

export async function refresh(region, force = false) {
  waiting.delete(region);
  asked.set(region, now());
  try {
    const html = await getFragment(region.dataset.liveUrl);
    if (region.isConnected) swap(region, html, force);
  } catch (error) {
    console.warn("live region not refreshed:", error.message);
  }
}

function refreshSoon(region) {
  const pause = Math.max(COALESCE_MS - now() + (asked.get(region) ?? 0), region.dataset.liveWait ?? 0);
  if (!waiting.has(region)) waiting.set(region, setTimeout(refresh, pause, region));
}

const refreshAll = () => regions().forEach(refreshSoon);

function onHint(hint) {
  lastHeard = now();
  cursor = Math.max(cursor, hint.seq);
  if (hint.topic === "beat" || hint.type === "beat") return;
  document.dispatchEvent(new CustomEvent("radflow:hint", { detail: hint }));
  regions().filter((region) => listensTo(region, hint)).forEach(refreshSoon);
}

function onClose(event) {
  socket = null;
  if (SIGN_IN_AGAIN.includes(event.code)) return signInAgain();
  lostSince ||= now();
  const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempts++);
  return setTimeout(connect, wait * (0.5 + Math.random() / 2));
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/ws/live/?after=${cursor}`);
  socket.addEventListener("open", () => {
    [attempts, lostSince, lastHeard] = [0, 0, now()];
    watch();
  });
  socket.addEventListener("message", (event) => onHint(JSON.parse(event.data)));
  socket.addEventListener("close", onClose);
}

/** Twice a second: is the line alive, since when not, and what must the page say? */
function watch() {
  const silent = now() - lastHeard > BEAT_MS + NOTICE_MS;
  if (silent && socket?.readyState === WebSocket.OPEN) {
    lostSince ||= lastHeard;
    socket.close();
  }
  const lost = lostSince ? now() - lostSince : 0;
  show(lost);
  if (lost > POLL_MS && now() - lastPoll > POLL_MS) {
    lastPoll = now();
    refreshAll();
  }
}

function show(lost) {
  const state = lost > NOTICE_MS ? "lost" : socket?.readyState === WebSocket.OPEN ? "live" : "connecting";
  const live = document.getElementById("live");
  live.dataset.state = state;
  live.querySelector("b").textContent = word(state);
  const strip = document.getElementById("connection");
  strip.hidden = state !== "lost";
  const asOf = word("lost-as-of", wallClock(lastHeard));
  const text = lost > STALE_MS ? `${asOf} ${word("timers-stale")}` : asOf;
  const place = strip.querySelector("[data-text]");
  if (place.textContent !== text) place.textContent = text;
  document.documentElement.toggleAttribute("data-stale", lost > STALE_MS);
}

export function startLive() {
  connect();
  document.addEventListener("radflow:unlocked", () => (socket ?? connect(), refreshAll()));
  setInterval(watch, 500);
}
