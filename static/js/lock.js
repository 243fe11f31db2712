// A desk that nobody sits at locks: a warning two minutes before, then a lock over the page,
// which stays as it is with what was typed. Keys and pointers keep every tab of the desk
// open, and the server knows of them; sockets and fragments keep nothing open.
// The same lock asks for the password again when the session has ended meanwhile.

import { metaValue, post } from "./http.js";

const MINUTE_MS = 60_000;
const WARNING_MS = 2 * MINUTE_MS;
const TELL_MS = 30_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "input"];

const root = document.documentElement;
const desk = new BroadcastChannel("radflow-desk"); // the tabs of one browser
const part = (name) => document.querySelector(`[data-${name}]`);
const dialog = () => document.getElementById("lock");
const isLocked = () => "locked" in root.dataset;

let activeAt = Date.now();
let toldAt = Date.now();
let sharedAt = 0;

/** Milliseconds without a sign of a person until this page locks; 0: never. */
function limit() {
  const { idle, readingIdle } = dialog().dataset;
  const isReading = document.querySelector("form[data-autosave-url]") !== null;
  return Number(idle) && Math.max(Number(idle), isReading ? Number(readingIdle) : 0) * MINUTE_MS;
}

function onSign() {
  if (isLocked()) return;
  activeAt = Date.now();
  if (activeAt - sharedAt < 1000) return;
  sharedAt = activeAt;
  desk.postMessage({ activeAt });
}

/** Says that somebody is here; a reader who looks at images beside counts too. */
function tell() {
  if (Date.now() - toldAt < TELL_MS) return;
  toldAt = Date.now();
  post(dialog().dataset.stayUrl).catch(() => (toldAt = 0));
}

function clockText(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function watch() {
  if (isLocked() || !limit()) return;
  const left = activeAt + limit() - Date.now();
  if (left <= 0) {
    lockDesk();
    return;
  }
  const warns = left <= WARNING_MS;
  document.getElementById("idle").hidden = !warns;
  if (warns) part("idle-left").textContent = clockText(left);
  else tell();
}

function show() {
  if (isLocked()) return;
  root.dataset.locked = "";
  document.getElementById("idle").hidden = true;
  dialog().showModal();
  part("unlocks").elements.password.focus();
}

function lockDesk() {
  show();
  desk.postMessage({ locked: true });
  post(dialog().dataset.lockUrl).catch(() => {}); // the server locks by itself a little later
}

function reopen(csrf) {
  document.querySelector('meta[name="csrf-token"]').content = csrf;
  for (const field of document.querySelectorAll('[name="csrfmiddlewaretoken"]')) field.value = csrf;
  delete root.dataset.locked;
  activeAt = toldAt = Date.now();
  part("unlocks").reset();
  part("lock-error").hidden = true;
  dialog().close();
  document.dispatchEvent(new CustomEvent("radflow:unlocked"));
}

function refuse(why) {
  part("lock-error").textContent = why;
  part("lock-error").hidden = false;
  part("unlocks").elements.password.select();
}

async function unlock(event) {
  event.preventDefault();
  event.stopImmediatePropagation(); // no other form handler knows this one
  const form = part("unlocks");
  try {
    // Not post(): a refusal here must not ask to sign in again.
    const headers = { "X-Fragment": "1", "X-CSRFToken": metaValue("csrf-token") };
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers });
    const answer = await response.json();
    if (!response.ok) return refuse(answer.error);
    reopen(answer.csrf);
    return desk.postMessage({ csrf: answer.csrf });
  } catch {
    return refuse(part("lock-error").dataset.noAnswer);
  }
}

function onDesk({ data }) {
  if (data.activeAt && !isLocked()) activeAt = Math.max(activeAt, data.activeAt);
  if (data.locked) show();
  if (data.csrf && isLocked()) reopen(data.csrf);
}

export function startLock() {
  if (!dialog()) return;
  for (const sign of SIGNS) document.addEventListener(sign, onSign, { capture: true, passive: true });
  part("unlocks").addEventListener("submit", unlock);
  dialog().addEventListener("cancel", (event) => event.preventDefault());
  dialog().addEventListener("close", () => isLocked() && dialog().showModal());
  document.addEventListener("click", (event) => event.target.closest("[data-locks]") && lockDesk());
  document.addEventListener("radflow:signed-out", (event) => {
    event.preventDefault();
    show();
  });
  desk.addEventListener("message", onDesk);
  setInterval(watch, 1000);
}
