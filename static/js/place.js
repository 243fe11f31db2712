// Places of the room board: a column (room and day) and minutes since midnight by the
// page's clock; and what stands in the way there. Says the same as the server's columns.

import { word } from "./words.js";

const UNIT = 5;
const two = (number) => String(number).padStart(2, "0");

export const board = () => document.querySelector("[data-planner]");
const grid = () => board().querySelector(".sched");
export const scroller = () => board().querySelector(".sched-scroll");
export const columns = () => [...board().querySelectorAll("[data-column]")].filter((each) => each.checkVisibility());
export const bodyOf = (column) => column.querySelector(".sched-col");

export const hours = () => [Number(grid().dataset.from) * 60, Number(grid().dataset.to) * 60];

/** 13:05; the end of a day is 24:00. */
export const clock = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;

export const nameOf = (column) => column.dataset.name;

/** What a block or a card says of its exam. */
export function examOf(element) {
  const { order, version, first, last, minutes, modality } = element.dataset;
  const column = element.closest("[data-column]");
  const form = element.querySelector(":scope > a, a[data-open]");
  return {
    element,
    order,
    version,
    minutes: Number(minutes ?? last - first),
    modality,
    address: form.pathname,
    name: element.querySelector(".ev-who, .pt bdi")?.textContent ?? "",
    place: column ? { column, first: Number(first) } : null,
  };
}

const fits = (exam, column) => column.dataset.modalities.split(" ").includes(exam.modality);

export const columnsFor = (exam) => columns().filter((column) => fits(exam, column));

export function columnAt(x) {
  return columns().find((column) => {
    const { left, right } = column.getBoundingClientRect();
    return x >= left && x < right;
  });
}

export function minuteAt(column, y) {
  const { top, height } = bodyOf(column).getBoundingClientRect();
  const [from, to] = hours();
  return from + ((y - top) / height) * (to - from);
}

/** On the grid of `step` minutes, with all of the exam in the hours shown. */
export function snapped(minute, step, length) {
  const [from, to] = hours();
  const last = Math.floor(Math.max(from, to - length) / step) * step;
  return Math.min(last, Math.max(from, Math.round(minute / step) * step));
}

const meets = (element, first, last) => Number(element.dataset.first) < last && first < Number(element.dataset.last);

/** Why this place is doubtful, in words; empty where nothing is known against it. */
export function against(exam, { column, first }) {
  if (!fits(exam, column)) return word("no-scanner", nameOf(column), exam.modality);
  const last = first + exam.minutes;
  const others = [...column.querySelectorAll("[data-holds], .sched-closed, .grasped")];
  const met = others.find((each) => each.dataset.order !== exam.order && meets(each, first, last));
  if (!met) return "";
  if (met.matches(".grasped")) return met.textContent;
  if (met.matches(".sched-closed")) return met.textContent.trim() || word("closed");
  return word("taken-by", met.querySelector(".ev-who b").textContent);
}

/** Puts an element of the board (ghost, grasped slot, line of now) at a place. */
export function stand(element, column, first, length) {
  if (element.parentElement !== column) column.append(element);
  element.style.setProperty("--h", first / UNIT);
  element.style.setProperty("--dm", length / UNIT);
  Object.assign(element.dataset, { first, last: first + length });
}
