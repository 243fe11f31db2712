// An exam that is dropped is booked by the server, as by the form: with the version that
// the page was drawn with. What it says is shown: a toast with the way back, or, refused,
// the form itself, with who has the time, what is free, or what was changed meanwhile.

import { hideGhost, say, waitGhost } from "./ghost.js";
import { letGo } from "./grasp.js";
import { metaValue, post } from "./http.js";
import { refresh } from "./live.js";
import { board, clock } from "./place.js";
import { word } from "./words.js";

const TOAST_MS = 10_000;

let timer = 0;

const toasts = () => document.getElementById("toasts");

/** Gone after ten seconds, but not under a pointer or with the focus. */
function fade(toast) {
  clearTimeout(timer);
  const isHeld = () => toast.matches(":hover") || toast.contains(document.activeElement);
  timer = setTimeout(() => (isHeld() ? fade(toast) : toast.remove()), TOAST_MS);
}

function showToast(toast) {
  toasts().replaceChildren(toast);
  fade(toast);
}

function showProblem(text) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.tone = "error";
  toast.textContent = text;
  showToast(toast);
  say(text);
}

function parsed(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content;
}

function fields(exam, { column, first }) {
  return new URLSearchParams({
    room: column.dataset.room,
    date: column.dataset.date,
    time: clock(first),
    duration: exam.minutes,
    version: exam.version,
    zone: metaValue("zone"),
    next: board().dataset.back,
  });
}

/** Nothing was typed yet: closing it need not ask. */
function showForm(html) {
  const task = document.getElementById("task");
  task.replaceChildren(parsed(html));
  const form = task.querySelector("#schedule-form");
  if (form) form.dataset.guard = "";
  window.htmx.process(task);
  if (!task.open) task.showModal();
  task.querySelector(".summary")?.focus();
}

function regionsOf(exam, place) {
  const both = [exam.place?.column, place.column].map((column) => column?.querySelector("[data-live]"));
  return new Set([...both, board().querySelector(".tray [data-live]")].filter((each) => each?.isConnected));
}

async function focusAgain(exam) {
  board().querySelector(`.ev[data-order="${CSS.escape(exam.order)}"] a`)?.focus({ preventScroll: true });
}

/** True once it stands there. */
export async function drop(exam, place) {
  waitGhost();
  board().setAttribute("aria-busy", "true");
  const answer = await post(exam.address, fields(exam, place)).catch(() => null);
  board().removeAttribute("aria-busy");
  letGo();
  if (answer?.ok) {
    const toast = parsed(await answer.text()).querySelector(".toast");
    await Promise.all([...regionsOf(exam, place)].map((region) => refresh(region, true)));
    if (toast) showToast(toast);
    focusAgain(exam);
  } else if (answer?.status === 409 || answer?.status === 400) showForm(await answer.text());
  else if (answer?.status !== 401) showProblem(word("not-moved"));
  hideGhost();
  return Boolean(answer?.ok);
}

/** Ctrl Z presses the button of the toast. */
export function startUndo() {
  document.addEventListener("keydown", (event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey;
    const way = isUndo && !event.target.matches("input, textarea, select") && toasts().querySelector("form");
    if (!way || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    way.requestSubmit();
  });
}
