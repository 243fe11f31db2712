// Where a value comes from: its button opens a native popover by press; here also by
// pointing and by keyboard focus, placed beside the button. Escape closes it.
// Menus marked data-beside are placed the same way.

const OPEN_AFTER_MS = 250;
const CLOSE_AFTER_MS = 200;
const GAP = 4;
const EDGE = 12;
const BESIDE = ".provpop, .pop[data-beside]";

let timer = 0;
let pointed = null; // opened by pointing or focus: a press keeps it open

const panelOf = (button) => document.getElementById(button.getAttribute("popovertarget"));
const buttonOf = (panel) => document.querySelector(`[popovertarget="${CSS.escape(panel.id)}"]`);
const isOpen = (panel) => panel.matches(":popover-open");

/** Below the button or above it, where there is more room; never over the edge. */
function place(panel) {
  const at = buttonOf(panel)?.getBoundingClientRect();
  if (!at) return;
  const { style } = panel;
  style.maxHeight = "";
  const { offsetWidth: width, offsetHeight: height } = panel;
  const [above, below] = [at.top, innerHeight - at.bottom].map((room) => room - GAP - EDGE);
  const isBelow = height <= below || below >= above;
  const shown = Math.min(height, Math.max(above, below));
  style.maxHeight = `${shown}px`;
  style.top = `${isBelow ? at.bottom + GAP : at.top - GAP - shown}px`;
  style.left = `${Math.max(EDGE, Math.min(at.right - width, innerWidth - width - EDGE))}px`;
}

function open(button) {
  const panel = panelOf(button);
  if (!panel || isOpen(panel)) return;
  pointed = panel;
  panel.showPopover({ source: button });
}

function soon(action, after) {
  clearTimeout(timer);
  timer = setTimeout(action, after);
}

function onOver(event) {
  const button = event.pointerType === "mouse" && event.target.closest(".src[popovertarget]");
  if (button) soon(() => open(button), OPEN_AFTER_MS);
  else if (event.target.closest(".provpop")) clearTimeout(timer);
}

function onOut(event) {
  if (!event.target.closest(".src, .provpop")) return;
  clearTimeout(timer);
  const panel = pointed;
  if (panel && !panel.contains(event.relatedTarget)) soon(() => leave(panel), CLOSE_AFTER_MS);
}

function leave(panel) {
  if (panel !== pointed || panel.contains(document.activeElement)) return;
  if (document.activeElement !== buttonOf(panel)) panel.hidePopover();
}

function onFocus(event) {
  const button = event.target.closest?.(".src[popovertarget]");
  if (button?.matches(":focus-visible")) open(button);
  else if (pointed && !pointed.contains(event.target) && event.target !== buttonOf(pointed)) pointed.hidePopover();
}

/** The press that follows pointing must not close what pointing opened. */
function onClick(event) {
  const button = event.target.closest(".src[popovertarget]");
  const panel = button && panelOf(button);
  clearTimeout(timer);
  if (!panel || panel !== pointed || !isOpen(panel)) return;
  event.preventDefault();
  pointed = null;
}

function onToggle(event) {
  if (!event.target.matches?.(BESIDE)) return;
  if (event.newState === "open") place(event.target);
  else if (pointed === event.target) pointed = null;
}

const placeOpen = () => document.querySelectorAll(`:is(${BESIDE}):popover-open`).forEach(place);

document.addEventListener("pointerover", onOver);
document.addEventListener("pointerout", onOut);
document.addEventListener("focusin", onFocus);
document.addEventListener("click", onClick);
document.addEventListener("toggle", onToggle, true);
document.addEventListener("scroll", placeOpen, { capture: true, passive: true });
document.addEventListener("radflow:swapped", placeOpen);
