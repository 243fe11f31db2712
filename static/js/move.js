// Moving an exam with the keyboard: arrow keys set the time in steps of 15 minutes (5
// with Shift) and the room, Enter books, Escape gives up. Leaving by Tab gives up too.

import { isDragging } from "./drag.js";
import { drop } from "./drop.js";
import { bringGhostIntoView, hideGhost, say, showGhost } from "./ghost.js";
import { grasp, graspPlace, letGo } from "./grasp.js";
import { now, wallClock } from "./clock.js";
import { board, clock, columnsFor, examOf, hours, nameOf, snapped } from "./place.js";
import { word } from "./words.js";

let moved = null; // { exam, place, columns }

/** An exam of the tray begins in the first room that does it, as soon as can be. */
function firstPlace(exam, columns) {
  const today = columns.find((column) => "today" in column.dataset);
  const [hour, minute] = wallClock(now()).split(":").map(Number);
  const soon = today ? Math.ceil((hour * 60 + minute) / 15) * 15 : hours()[0];
  return { column: today ?? columns[0], first: snapped(Math.max(soon, hours()[0]), 15, exam.minutes) };
}

export function beginMove(element) {
  const exam = examOf(element);
  const columns = columnsFor(exam);
  if (isDragging() || columns.length === 0) return say(word("no-room-for", exam.modality));
  moved = { exam, columns, place: exam.place ?? firstPlace(exam, columns) };
  board().dataset.moving = "keys";
  element.setAttribute("data-from-here", "");
  grasp(exam);
  return show(word("moving"));
}

function show(before = "") {
  const { exam, place } = moved;
  const { time, why } = showGhost(exam, place);
  bringGhostIntoView();
  graspPlace(place);
  say([before, `${nameOf(place.column)}, ${time}`, why].filter(Boolean).join(". "));
}

function end() {
  moved.exam.element.removeAttribute("data-from-here");
  delete board().dataset.moving;
  const { exam, place } = moved;
  moved = null;
  return { exam, place };
}

function giveUp() {
  end();
  letGo();
  hideGhost();
  say(word("given-up"));
}

async function confirm() {
  const before = moved.exam.place;
  const { exam, place } = end();
  if (before?.column === place.column && before.first === place.first) {
    letGo();
    return hideGhost();
  }
  const isThere = await drop(exam, place);
  if (isThere) say(word("moved-to", nameOf(place.column), clock(place.first)));
  return undefined;
}

function later(step) {
  const { exam, place } = moved;
  moved.place = { ...place, first: snapped(place.first + step, Math.abs(step), exam.minutes) };
  show();
}

function beside(step) {
  const { columns, place } = moved;
  const next = columns[columns.indexOf(place.column) + step];
  if (next) moved.place = { ...place, column: next };
  show();
}

const isBackwards = () => document.dir === "rtl";

/** Any letter gives up: a barcode that is scanned now must not book by its Enter. */
function onKey(event) {
  if (!moved) return undefined;
  if (event.key.length === 1) return giveUp();
  const step = event.shiftKey ? 5 : 15;
  const acts = {
    ArrowDown: () => later(step),
    ArrowUp: () => later(-step),
    ArrowRight: () => beside(isBackwards() ? -1 : 1),
    ArrowLeft: () => beside(isBackwards() ? 1 : -1),
    Enter: confirm,
    Escape: giveUp,
    Tab: giveUp,
  };
  const act = acts[event.key];
  if (event.key !== "Tab") event.stopPropagation();
  if (act && event.key !== "Tab") event.preventDefault();
  return act?.();
}

export function startMove() {
  addEventListener("keydown", onKey, { capture: true });
  addEventListener("pointerdown", () => moved && giveUp(), { capture: true });
}
