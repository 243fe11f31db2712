// Ctrl Enter (Cmd Enter) presses the page's <button data-ctrl-enter>, from a field too.

function onKey(event) {
  const wanted = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (!wanted || event.repeat || event.isComposing || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  document.querySelector("[data-ctrl-enter]")?.click();
}

document.addEventListener("keydown", onKey);
