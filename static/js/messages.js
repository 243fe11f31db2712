// The message browser: a message opens beside the list on a wide screen, as its own
// page on a narrow one; arrows move as j and k do; a field explains itself.

import { getFragment } from "./http.js";
import { word } from "./words.js";

const WIDE = window.matchMedia("(width >= 900px)");
const viewer = document.getElementById("viewer");
const list = document.querySelector(".msgs-l");

const withView = (reference, tab) => {
  const here = new URL(location.href);
  here.searchParams.set("show", reference);
  if (tab) here.searchParams.set("tab", tab);
  else here.searchParams.delete("tab");
  return here;
};

function mark() {
  if (!viewer) return;
  const shown = viewer.querySelector("[data-message]")?.dataset.message;
  for (const row of list?.querySelectorAll("[data-row]") ?? []) {
    row.toggleAttribute("data-on", row.id === shown);
  }
  const next = viewer.querySelector("[data-next]");
  if (next && list) next.value = location.pathname + location.search;
}

let asked = 0;

async function show(address, tab) {
  const mine = ++asked;
  viewer.setAttribute("aria-busy", "true");
  try {
    const html = await getFragment(address);
    if (mine !== asked) return;
    viewer.innerHTML = html;
    if (list) {
      const { message } = viewer.querySelector("[data-message]").dataset;
      history.replaceState(null, "", withView(message, tab));
    }
    mark();
  } catch {
    location.assign(address);
  } finally {
    viewer.removeAttribute("aria-busy");
  }
}

function onClick(event) {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  const opener = list && event.target.closest(".msgs-l [data-row]");
  const other = event.target.closest("a[href], button");
  if (opener && WIDE.matches && (!other || other.matches("[data-open]"))) {
    event.preventDefault();
    show(opener.querySelector("a[data-open]").href);
    return;
  }
  const tab = event.target.closest("#viewer [data-tab]");
  if (tab) {
    event.preventDefault();
    show(tab.href, tab.dataset.tab).then(() => {
      viewer.querySelector(`[data-tab="${tab.dataset.tab}"]`)?.focus();
    });
  }
  const line = event.target.closest(".hl7-lines > li");
  if (line) line.toggleAttribute("data-on");
}

function explain(event) {
  const field = event.target.closest?.("[data-path]");
  const place = field?.closest(".msg-split")?.querySelector("[data-help]");
  if (!place) return;
  const { path, name, type, meaning, target } = field.dataset;
  const title = document.createElement("h3");
  title.className = "h";
  title.textContent = `${path} ${name}`;
  const lines = [type && word("field-type", type), meaning, target || word("field-not-read")];
  place.replaceChildren(
    title,
    ...lines.filter(Boolean).map((text) => {
      const line = document.createElement("p");
      line.textContent = text;
      return line;
    }),
  );
}

function onArrow(event) {
  const letter = { ArrowDown: "j", ArrowUp: "k" }[event.key];
  if (!letter || !event.target.matches(".msgs-l [data-row]")) return;
  event.preventDefault();
  event.target.dispatchEvent(new KeyboardEvent("keydown", { key: letter, bubbles: true }));
}

// An empty field is no filter: the address stays short.
function onSubmit(event) {
  for (const field of event.target.elements) field.disabled = "value" in field && field.name && !field.value;
}

document.addEventListener("click", onClick);
document.addEventListener("mouseover", explain);
document.addEventListener("focusin", explain);
document.addEventListener("keydown", onArrow);
document.addEventListener("radflow:swapped", mark);
document.querySelector("[data-filters]")?.addEventListener("submit", onSubmit);
mark();
