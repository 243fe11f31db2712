// The list behind `?` tells the keys of this very page: rows if it has any, and every
// button or link with a key, by its own words.

const KEYED = "[data-key], [data-ctrl-enter], [data-ctrl-shift-enter]";

const page = () => document.querySelector("[data-page-keys]");

function words(owner) {
  const copy = owner.cloneNode(true);
  copy.querySelectorAll("kbd, svg").forEach((each) => each.remove());
  return owner.getAttribute("aria-label") ?? copy.textContent.trim().replace(/\s+/g, " ");
}

function entry(owner) {
  const term = document.createElement("dt");
  const key = term.appendChild(document.createElement("kbd"));
  key.textContent = owner.dataset.key ?? owner.querySelector("kbd").textContent;
  const meaning = document.createElement("dd");
  meaning.textContent = words(owner);
  return [term, meaning];
}

function fill() {
  const owners = [...document.querySelectorAll(KEYED)].filter((each) => each.checkVisibility());
  page().replaceChildren(...owners.flatMap(entry));
  page().closest("section").hidden = owners.length === 0;
  const hasRows = document.querySelector("[data-rows] [data-row]") !== null;
  document.querySelectorAll("[data-row-keys]").forEach((each) => (each.hidden = !hasRows));
}

/** Fills the list before the dialog opens, whoever opens it. */
export function startKeymap() {
  const opens = (event) => event.target.closest('[data-opens="keymap"]') && page() && fill();
  document.addEventListener("click", opens, { capture: true });
}
