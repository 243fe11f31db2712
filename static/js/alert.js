// Critical results in every page's shell. The strip is a live region like any other,
// so the server decides who sees which alert; here a new one sounds, and a sound
// that the browser blocks says so.

import { refresh } from "./live.js";
import { allowSound, play } from "./tone.js";

const SOUND = "radflow-alert-sound";
let known = null;
let soundOn = sessionStorage.getItem(SOUND) !== "off";

const region = () => document.getElementById("critical-alerts");
const blockedStrip = () => document.getElementById("sound-blocked");

async function sound() {
  blockedStrip().hidden = soundOn ? await play("alert") : true;
}

function onSwap(event) {
  if (event.detail !== region()) return;
  const present = [...region().querySelectorAll("[data-alert]")].map((each) => each.dataset.alert);
  const isNew = known !== null && present.some((id) => !known.includes(id));
  known = present;
  if (isNew) sound();
  if (present.length === 0) blockedStrip().hidden = true;
}

function showSound() {
  for (const button of document.querySelectorAll("[data-sound]")) {
    button.setAttribute("aria-pressed", String(soundOn));
    const use = button.querySelector("use");
    const icon = soundOn ? "#volume-2" : "#volume-x";
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, icon));
  }
}

function setSound(on) {
  soundOn = on;
  sessionStorage.setItem(SOUND, on ? "on" : "off");
  showSound();
}

function onClick(event) {
  if (event.target.closest("[data-sound]")) {
    setSound(!soundOn);
    if (soundOn) play("scan");
  } else if (event.target.closest("[data-sound-test]")) {
    setSound(true);
    sound();
  }
}

export function startAlerts() {
  showSound();
  document.addEventListener("click", onClick);
  document.addEventListener("radflow:swapped", onSwap);
  // The first gesture on a page lets later alerts sound.
  document.addEventListener("pointerdown", allowSound, { once: true });
  document.addEventListener("keydown", allowSound, { once: true });
  if (region()) refresh(region());
}
