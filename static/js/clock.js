// The shell's clock and every relative time, told by the server's clock and zone.
//   <time data-since="ISO" data-target="60">  counts up; target in minutes draws the bar
//   <time data-due="ISO">                     counts down, then up in red as +04:12

import { metaValue } from "./http.js";
import { word } from "./words.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const NEAR = 0.8; // share of the target from which a wait deserves a look
const BAR_WIDTH = 52;

const serverNow = Date.parse(metaValue("server-now"));
const offset = Number.isNaN(serverNow) ? 0 : serverNow - Date.now();
// By the zone and not by today's shift: a page stays open over the night of the change.
const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: metaValue("zone") || "UTC",
  hourCycle: "h23",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "longOffset",
});
const labels = JSON.parse(metaValue("zone-labels") || "{}"); // browsers know few by name

export const now = () => Date.now() + offset;

const two = (number) => String(number).padStart(2, "0");

const part = (at, wanted) => parts.formatToParts(at).find(({ type }) => type === wanted).value;

/** HH:MM:SS in the site's zone. */
export function wallClock(at = now()) {
  return ["hour", "minute", "second"].map((each) => part(at, each)).join(":");
}

function zoneLabel(at) {
  const shift = part(at, "timeZoneName");
  return labels[shift] ?? shift;
}

export function elapsed(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE));
  if (minutes < 60) return word("minutes", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return word("hours", hours, two(minutes % 60));
  return word("days", Math.floor(hours / 24), hours % 24);
}

export function remaining(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / SECOND);
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return (milliseconds < 0 ? "+" : "") + (hours ? `${hours}:${rest}` : rest);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showWait(element, at) {
  const waited = at - Date.parse(element.dataset.since);
  setText(element, elapsed(waited));
  const frame = element.closest(".wait");
  const target = Number(element.dataset.target) * MINUTE;
  if (!frame || !target) return;
  const share = waited / target;
  frame.dataset.l = share >= 1 ? "over" : share >= NEAR ? "near" : "ok";
  const bar = frame.querySelector("rect");
  bar?.setAttribute("width", (BAR_WIDTH * Math.min(1, Math.max(0, share))).toFixed(1));
}

function showDue(element, at) {
  const left = Date.parse(element.dataset.due) - at;
  setText(element, remaining(left));
  element.toggleAttribute("data-over", left < 0);
}

function tick() {
  const at = now();
  for (const clock of document.querySelectorAll("[data-clock]")) {
    setText(clock, `${wallClock(at)} ${zoneLabel(at)}`);
  }
  document.querySelectorAll("time[data-since]").forEach((each) => showWait(each, at));
  document.querySelectorAll("time[data-due]").forEach((each) => showDue(each, at));
}

export function startClock() {
  tick();
  setInterval(tick, SECOND);
  document.addEventListener("radflow:swapped", tick);
}
