// A native date field shows its day as the browser's own settings have it: 03/04 may be
// March or April. Beside each the day stands in words, with weekday and the month's name.

const { lang } = document.documentElement;
const inWords = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});

function outputOf(field) {
  const known = field.parentElement.querySelector("[data-day]");
  if (known) return known;
  const made = document.createElement("output");
  made.className = "hint";
  made.dataset.day = "";
  field.after(made);
  return made;
}

/** Empty while the field is, or is half typed. */
function tell(field) {
  const day = field.valueAsDate;
  outputOf(field).textContent = day ? inWords.format(day) : "";
}

const isDate = (element) => element.matches?.('.field > input[type="date"]');
const tellAll = () => document.querySelectorAll('.field > input[type="date"]').forEach(tell);

export function startDates() {
  tellAll();
  document.addEventListener("input", ({ target }) => isDate(target) && tell(target));
  document.addEventListener("radflow:swapped", tellAll);
}
