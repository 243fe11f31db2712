// What is typed into a long form is kept on the server, every 5 s while it changes, and
// put back when its author opens the form again. Never in the browser: it names patients.
//   <form …>{% include "components/draft.html" with name="order-new" of=patient.pk %}…</form>
// A form that is taken loses its draft on the server (radflow/desk/middleware.py).

import { getFragment, post } from "./http.js";

const EVERY_MS = 5000;
const NOT_TYPED = ["hidden", "password", "file", "submit", "button", "fieldset"];

const kept = new WeakMap(); // by form: what the server has of it
const sent = new WeakSet();

const lines = () => [...document.querySelectorAll("form [data-draft]")];
const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !NOT_TYPED.includes(field.type));
const isTicked = (field) => ["checkbox", "radio"].includes(field.type);

function content(form) {
  const typed = new URLSearchParams();
  for (const field of fieldsOf(form)) {
    if (!isTicked(field) || field.checked) typed.append(field.name, field.value);
  }
  return typed;
}

function fill(form, values) {
  for (const field of fieldsOf(form)) {
    const texts = values[field.name];
    if (isTicked(field)) field.checked = texts?.includes(field.value) ?? false;
    else if (texts) field.value = texts[0];
  }
}

/** A form that came back refused shows what was typed last: that stays. */
async function restore(line) {
  const form = line.closest("form");
  const opened = content(form).toString();
  kept.set(form, opened);
  if (form.dataset.guard === "unsaved") return kept.set(form, "");
  const draft = await getFragment(line.dataset.draft).catch(() => "");
  if (!draft || content(form).toString() !== opened) return undefined;
  const { fields, said } = JSON.parse(draft);
  fill(form, fields);
  kept.set(form, content(form).toString());
  form.dataset.restored = "";
  line.querySelector("[data-draft-said]").textContent = said;
  return (line.hidden = false);
}

async function save(line) {
  const form = line.closest("form");
  const now = content(form).toString();
  if (sent.has(form) || !kept.has(form) || now === kept.get(form)) return;
  const before = kept.get(form);
  kept.set(form, now);
  const answer = await post(line.dataset.draft, content(form)).catch(() => null);
  if (!answer?.ok) kept.set(form, before); // the next turn tries again
}

async function discard(button) {
  const line = button.closest("[data-draft]");
  const form = line.closest("form");
  const answer = await post(`${line.dataset.draft}discard/`).catch(() => null);
  if (!answer?.ok) return;
  form.reset();
  kept.set(form, content(form).toString());
  line.hidden = true;
  fieldsOf(form)[0]?.focus();
}

const restoreNew = () => lines().filter((line) => !kept.has(line.closest("form"))).forEach(restore);

export function startDrafts() {
  restoreNew();
  document.addEventListener("htmx:afterSettle", restoreNew);
  document.addEventListener("htmx:afterRequest", (event) => sent.delete(event.detail.elt));
  document.addEventListener("submit", (event) => sent.add(event.target));
  document.addEventListener("input", (event) => delete event.target.form?.dataset.restored);
  document.addEventListener("click", (event) => event.target.closest("[data-draft-discard]") && discard(event.target));
  setInterval(() => lines().forEach(save), EVERY_MS);
}
