// The ghost: where an exam that is being moved would stand, with its time; a warning
// where the room is taken. What it says is said to a screen reader too.

import { against, board, clock, stand } from "./place.js";
import { word } from "./words.js";

let ghost = null;

function make() {
  ghost = document.createElement("div");
  ghost.className = "ghost";
  ghost.setAttribute("aria-hidden", "true");
  ghost.append(document.createElement("strong"), document.createElement("span"));
}

const setText = (element, text) => element.textContent !== text && (element.textContent = text);

export function say(text) {
  setText(board().querySelector("[data-said]"), text);
}

/** Shows the exam at the place; tells what stands against it. */
export function showGhost(exam, place) {
  if (!ghost) make();
  stand(ghost, place.column, place.first, exam.minutes);
  const why = against(exam, place);
  const time = word("from-to", clock(place.first), clock(place.first + exam.minutes));
  ghost.toggleAttribute("data-warns", why !== "");
  setText(ghost.firstChild, time);
  setText(ghost.lastChild, why || exam.name);
  return { time, why };
}

export const bringGhostIntoView = () => ghost?.scrollIntoView({ block: "nearest", inline: "nearest" });

export const waitGhost = () => ghost?.setAttribute("aria-busy", "true");

export function hideGhost() {
  ghost?.remove();
  ghost = null;
}
