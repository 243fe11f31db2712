// Nobody loses what they typed by leaving: a form with `data-guard` that was changed and
// not sent asks first. `data-guard="unsaved"`: it came back refused. Not asked for a link
// with `data-unguarded`, for a draft just put back, and after "Leave without saving".
// Stands before every other listener of the page (shell.js starts it first): what it
// holds back nobody else has seen, and is done again once the person says so.

const WAYS = "a[href], [data-closes], [data-shows-that]";
const given = new WeakSet(); // forms whose text was given up, or sent

const dialog = () => document.getElementById("guard");
let goOn = null;

function isChanged(field) {
  if (!field.name || ["hidden", "submit", "button"].includes(field.type)) return false;
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.type !== "select-one") return "defaultValue" in field && field.value !== field.defaultValue;
  const shown = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(shown, 0);
}

function isUnsaved(form) {
  if (given.has(form) || "restored" in form.dataset || !form.checkVisibility()) return false;
  return form.dataset.guard === "unsaved" || [...form.elements].some(isChanged);
}

const unsaved = (within = document) => [...within.querySelectorAll("form[data-guard]")].filter(isUnsaved);

function ask(event, forms, again) {
  event.preventDefault();
  event.stopImmediatePropagation();
  goOn = () => {
    forms.forEach((form) => given.add(form));
    again();
  };
  dialog().showModal();
}

/** Whether a click on it would leave the page. */
function leads(link, event) {
  if (!link.matches("a")) return true;
  const besides = event.metaKey || event.ctrlKey || event.shiftKey || event.button;
  const elsewhere = (link.target && link.target !== "_self") || link.hasAttribute("download");
  const here = link.pathname === location.pathname && link.search === location.search && link.hash;
  return !(besides || elsewhere || here);
}

function onClick(event) {
  const way = event.target.closest?.(WAYS);
  if (!way || way.closest("#guard, #lock, [data-unguarded]") || !leads(way, event)) return;
  const forms = unsaved((way.matches("[data-closes]") && way.closest("dialog")) || document);
  if (forms.length) ask(event, forms, () => way.click());
}

function onSubmit(event) {
  const form = event.target;
  if (form.closest("#guard, #lock, [data-unguarded]")) return;
  const others = unsaved().filter((each) => each !== form);
  if (others.length) ask(event, others, () => form.requestSubmit(event.submitter));
  else if (form.matches("[data-guard]")) given.add(form);
}

function onCancel(event) {
  const closing = event.target;
  if (closing.matches?.("#guard, #lock")) return;
  const forms = unsaved(closing);
  if (forms.length) ask(event, forms, () => closing.close());
}

function onChoice(event) {
  const choice = event.target.closest("#guard [data-stays-here], #guard [data-goes]");
  if (!choice) return;
  dialog().close();
  if (choice.matches("[data-goes]")) goOn?.();
  goOn = null;
}

export function startGuard() {
  if (!dialog()) return;
  const first = { capture: true };
  document.addEventListener("click", onClick, first);
  document.addEventListener("submit", onSubmit, first);
  document.addEventListener("cancel", onCancel, first);
  document.addEventListener("click", onChoice);
  document.addEventListener("input", (event) => given.delete(event.target.form));
  document.addEventListener("htmx:responseError", (event) => given.delete(event.detail.elt));
  document.addEventListener("htmx:sendError", (event) => given.delete(event.detail.elt));
  addEventListener("beforeunload", (event) => unsaved().length && event.preventDefault());
}
