// Moving an exam with a mouse or pen: from the tray or a block to a time and room, in
// steps of 15 minutes, 5 with Shift. A finger scrolls, and taps open the form instead.

import { drop } from "./drop.js";
import { hideGhost, showGhost } from "./ghost.js";
import { grasp, graspPlace, letGo } from "./grasp.js";
import { board, columnAt, examOf, minuteAt, scroller, snapped } from "./place.js";

const FAR_ENOUGH = 5; // pixels from a press to a drag
const EDGE = 36;
const SCROLL = 14;
const DWELL_MS = 200; // who only crosses an edge scrolls nothing

let held = null; // { exam, id, x, y, inside }: pressed, not dragged yet
let dragged = null; // { exam, inside, x, y, isFine, place, edgeAt: since when at an edge }
let frame = 0;
let swallows = false; // the click that follows a drag opens nothing

function begin(event) {
  const { exam, inside } = held;
  dragged = { exam, inside };
  board().dataset.moving = "pointer";
  exam.element.setAttribute("data-from-here", "");
  board().setPointerCapture(held.id);
  getSelection().removeAllRanges();
  grasp(exam);
  follow(event);
}

function follow({ clientX: x, clientY: y, shiftKey: isFine }) {
  Object.assign(dragged, { x, y, isFine });
  frame ||= requestAnimationFrame(draw);
}

const HEAD = 60;
const AXIS = 52;

function pastEdge({ x, y }) {
  const { left, right, top, bottom } = scroller().getBoundingClientRect();
  if (x < left || x > right) return [0, 0];
  const down = y > bottom - EDGE ? SCROLL : y < top + HEAD + EDGE ? -SCROLL : 0;
  const along = x > right - EDGE ? SCROLL : x < left + AXIS + EDGE ? -SCROLL : 0;
  return [along, down];
}

/** Near an edge the board scrolls on, as long as the pointer stays; true while it may. */
function scrollAtEdge() {
  const [along, down] = pastEdge(dragged);
  if (!along && !down) {
    dragged.edgeAt = 0;
    return false;
  }
  dragged.edgeAt ||= performance.now();
  if (performance.now() - dragged.edgeAt > DWELL_MS) scroller().scrollBy(along, down);
  return true;
}

function draw() {
  frame = 0;
  if (!dragged) return;
  if (scrollAtEdge()) frame = requestAnimationFrame(draw);
  const { exam, inside, x, y, isFine } = dragged;
  const { left, right } = scroller().getBoundingClientRect();
  const column = x >= left && x < right && columnAt(x);
  dragged.place = column ? { column, first: snapped(minuteAt(column, y) - inside, isFine ? 5 : 15, exam.minutes) } : null;
  if (!dragged.place) return hideGhost();
  showGhost(exam, dragged.place);
  return graspPlace(dragged.place);
}

function end() {
  cancelAnimationFrame(frame);
  frame = 0;
  dragged?.exam.element.removeAttribute("data-from-here");
  delete board().dataset.moving;
  held = null;
  dragged = null;
}

function giveUp() {
  if (!dragged) return end();
  letGo();
  hideGhost();
  return end();
}

const isSame = (exam, place) => exam.place?.column === place.column && exam.place.first === place.first;

function onDown(event) {
  const element = event.target.closest("[data-movable]");
  if (!element || event.button || event.pointerType === "touch" || event.target.closest(".btn")) return;
  const exam = examOf(element);
  const inside = exam.place ? minuteAt(exam.place.column, event.clientY) - exam.place.first : 0;
  held = { exam, id: event.pointerId, x: event.clientX, y: event.clientY, inside };
}

function onMove(event) {
  if (event.pointerId !== held?.id) return;
  if (dragged) follow(event);
  else if (Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR_ENOUGH) begin(event);
}

function onUp(event) {
  if (event.pointerId !== held?.id) return;
  if (!dragged) return end();
  if (frame) draw();
  const { exam, place } = dragged;
  swallows = true;
  setTimeout(() => (swallows = false), 0);
  if (!place || isSame(exam, place)) return giveUp();
  end();
  return drop(exam, place);
}

export const isDragging = () => dragged !== null;

export function startDrag() {
  board().addEventListener("pointerdown", onDown);
  board().addEventListener("dragstart", (event) => event.preventDefault());
  addEventListener("pointermove", onMove);
  addEventListener("pointerup", onUp);
  addEventListener("pointercancel", giveUp);
  addEventListener("click", (event) => swallows && (event.preventDefault(), event.stopPropagation()), { capture: true });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !dragged) return;
    event.stopPropagation();
    giveUp();
  }, { capture: true });
}
