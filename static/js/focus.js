// Blocks are one stop of the Tab key: arrow keys walk from one to the next in time and
// to the nearest of the room beside. Swaps keep the stop where it was.

import { board, columns } from "./place.js";

let current = null; // the order whose block has the stop

const blocks = (root = board()) => [...root.querySelectorAll(".ev > a")].filter((each) => each.checkVisibility());
const first = (link) => Number(link.parentElement.dataset.first);
const orderOf = (link) => link.parentElement.dataset.order;

/** The block that Tab comes to. */
function keepStop() {
  const all = blocks();
  const stop = all.find((link) => orderOf(link) === current) ?? all[0];
  all.filter((link) => link !== stop && link.tabIndex === 0).forEach((link) => (link.tabIndex = -1));
  if (stop) stop.tabIndex = 0;
}

function take(link) {
  if (!link) return;
  current = orderOf(link);
  keepStop();
  link.focus();
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function beside(link, step) {
  const all = columns();
  const here = all.indexOf(link.closest("[data-column]"));
  for (let at = here + step; at >= 0 && at < all.length; at += step) {
    const found = blocks(all[at]).sort((a, b) => Math.abs(first(a) - first(link)) - Math.abs(first(b) - first(link)));
    if (found[0]) return found[0];
  }
  return null;
}

function next(link, key) {
  const column = blocks(link.closest("[data-column]"));
  const here = column.indexOf(link);
  const along = document.dir === "rtl" ? -1 : 1;
  const ways = {
    ArrowDown: () => column[here + 1],
    ArrowUp: () => column[here - 1],
    ArrowRight: () => beside(link, along),
    ArrowLeft: () => beside(link, -along),
    Home: () => column[0],
    End: () => column.at(-1),
  };
  return ways[key];
}

function onKey(event) {
  const link = event.target.closest(".ev > a");
  const way = link && !event.ctrlKey && !event.altKey && !event.metaKey && next(link, event.key);
  if (!way || event.defaultPrevented) return;
  event.preventDefault();
  take(way());
}

export function startFocus() {
  keepStop();
  board().addEventListener("keydown", onKey);
  board().addEventListener("focusin", (event) => {
    const link = event.target.closest(".ev > a");
    if (!link) return;
    current = orderOf(link);
    keepStop();
  });
  document.addEventListener("radflow:swapped", keepStop);
}
