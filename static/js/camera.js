// The camera as a scanner, where the browser reads barcodes itself (BarcodeDetector): the
// button is there only then, and nothing needs it. What is read goes the way of a wedge
// scanner (scan.js). A code that stays in view is read once.
//
//   <div data-camera hidden> <button data-camera-switch aria-pressed="false"> <video>

import { give } from "./scan.js";

const EVERY_MS = 250;
const WANTED = ["code_128", "code_39", "qr_code", "data_matrix"];

let stream = null;
let last = "";

const box = () => document.querySelector("[data-camera]");

async function formats() {
  const known = await window.BarcodeDetector.getSupportedFormats();
  return WANTED.filter((each) => known.includes(each));
}

function show(isOn) {
  box().querySelector("[data-camera-switch]").setAttribute("aria-pressed", String(isOn));
  box().querySelector("video").hidden = !isOn;
}

async function look(detector, video) {
  if (!stream) return;
  const found = await detector.detect(video).catch(() => []);
  const code = found[0]?.rawValue.trim();
  if (code && code !== last) {
    last = code;
    give(code);
  }
  setTimeout(look, EVERY_MS, detector, video);
}

async function start(wanted) {
  const video = box().querySelector("video");
  const refused = box().querySelector("[data-camera-refused]");
  refused.hidden = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    refused.hidden = false;
    return;
  }
  video.srcObject = stream;
  show(true);
  await video.play();
  last = "";
  look(new window.BarcodeDetector({ formats: wanted }), video);
}

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  show(false);
}

async function offer() {
  if (!box() || !("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  const wanted = await formats().catch(() => []);
  if (wanted.length === 0) return;
  box().hidden = false;
  box().querySelector("[data-camera-switch]").addEventListener("click", () => (stream ? stop() : start(wanted)));
  window.addEventListener("pagehide", stop);
}

offer();
