// Ctrl Enter (Cmd Enter) presses the page's <button data-ctrl-enter>, from a field too;
// Ctrl Shift Enter only <button data-ctrl-shift-enter>, so that one is never the other.

function onKey(event) {
  const wanted = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (!wanted || event.repeat || event.isComposing || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  document.querySelector(event.shiftKey ? "[data-ctrl-shift-enter]" : "[data-ctrl-enter]")?.click();
}

document.addEventListener("keydown", onKey);
