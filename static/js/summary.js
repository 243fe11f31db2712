// A refused form says at its top what is wrong: the summary takes the focus, and a link
// in it gives it to the field that it names, even where that is folded away.

const FIELDS = "input, select, textarea, button";

function focusField(event) {
  const link = event.target.closest(".summary a[href^='#']");
  const named = link && document.getElementById(link.hash.slice(1));
  if (!named) return;
  event.preventDefault();
  for (let fold = named.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  (named.matches(FIELDS) ? named : named.querySelector(FIELDS))?.focus();
}

const focusSummary = (root) => root.querySelector?.(".summary")?.focus();

export function startSummary() {
  document.addEventListener("click", focusField);
  document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.detail.target ?? document));
  focusSummary(document);
}
