// The room board: opens the form of an exam over the page, begins moves, draws the line
// of now, and sets the live list to hear of what happens in its columns.

import { now, wallClock } from "./clock.js";
import { startDrag } from "./drag.js";
import { startUndo } from "./drop.js";
import { startFocus } from "./focus.js";
import { say } from "./ghost.js";
import { grasp, graspsRegion, letGo, startGrasps } from "./grasp.js";
import { refresh } from "./live.js";
import { beginMove, startMove } from "./move.js";
import { board, examOf, hours, scroller } from "./place.js";
import { word } from "./words.js";

const MINUTE_MS = 60_000;

let chosen = null; // the order that had the focus last

const task = () => document.getElementById("task");
const elementOf = (order) => order && board().querySelector(`[data-order="${CSS.escape(order)}"][data-movable]`);

/** As the board's own buttons do: the form in the dialog, the page stays. */
function openForm(link, exam) {
  task().showModal();
  grasp(exam);
  window.htmx.ajax("GET", link.href, { target: "#task", swap: "innerHTML" });
}

function onClick(event) {
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button;
  const link = event.target.closest("[data-movable] > a, [data-movable] a[data-open]");
  if (link && plain && !event.defaultPrevented) {
    event.preventDefault();
    openForm(link, examOf(link.closest("[data-movable]")));
  }
  if (event.target.closest("[data-moves]")) moveChosen();
  if (event.target.closest("[data-prints]")) print();
}

function moveChosen() {
  const element = elementOf(chosen);
  if (!element) return say(word("choose-exam"));
  element.querySelector("a")?.focus({ preventScroll: true });
  return beginMove(element);
}

function onFocus(event) {
  const element = event.target.closest("[data-order]");
  if (element) chosen = element.dataset.order;
}

/** One for the axis, which tells the time, and one for each column of today. */
function nowIn(place, name) {
  const known = place.querySelector(`:scope > .${name}`);
  if (known) return known;
  const made = document.createElement(place.matches("ol") ? "li" : "div");
  made.className = name;
  made.setAttribute("aria-hidden", "true");
  place.append(made);
  return made;
}

function drawNow() {
  const days = [...board().querySelectorAll("[data-today]")];
  if (days.length === 0) return;
  const time = wallClock(now()).slice(0, 5);
  const [hour, minute] = time.split(":").map(Number);
  const at = hour * 60 + minute;
  const [from, to] = hours();
  const axis = nowIn(board().querySelector(".sched-times"), "sched-now-t");
  axis.textContent = time;
  for (const line of [axis, ...days.map((day) => nowIn(day, "sched-now"))]) {
    line.style.setProperty("--h", at / 5);
    line.hidden = at < from || at >= to;
  }
}

/** At the working hours, or an hour before now. */
function scrollToWork() {
  const line = board().querySelector(".sched-now:not([hidden])");
  const body = board().querySelector(".sched-col");
  const [from, to] = hours();
  const work = ((7 * 60 - from) / (to - from)) * body.offsetHeight;
  const top = line ? line.offsetTop - scroller().clientHeight / 3 : work;
  scroller().scrollTop = Math.max(0, top);
}

/** A column that was drawn anew holds other exams: it hears of these. */
function listenAnew({ detail: region }) {
  const column = region?.closest?.("[data-column]");
  if (!column) return;
  const orders = [...region.querySelectorAll("[data-order]")].map(({ dataset }) => dataset.order);
  region.dataset.liveId = [column.dataset.room, ...orders].join(" ");
}

function start() {
  startGrasps();
  startFocus();
  startDrag();
  startMove();
  startUndo();
  drawNow();
  scrollToWork();
  setInterval(drawNow, MINUTE_MS / 4);
  document.addEventListener("click", onClick);
  document.addEventListener("focusin", onFocus);
  document.addEventListener("radflow:swapped", listenAnew);
  task().addEventListener("close", letGo);
  refresh(graspsRegion());
}

document.addEventListener("change", (event) => event.target.closest("[data-submits-on-change]")?.requestSubmit());
if (board()) start();
