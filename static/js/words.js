// What scripts say, in the language of the page: <template id="words"> (words.html).
//   word("lost-as-of", "10:42:07")    counted("rows-changed", 3)

const plural = new Intl.PluralRules(document.documentElement.lang || "en");

/** The words of a name, with `{}` filled in from left to right. */
export function word(name, ...values) {
  const text = document.getElementById("words").content.querySelector(`[data-word="${name}"]`).textContent;
  return values.reduce((filled, value) => filled.replace("{}", value), text);
}

/** By number: the words of `name-one`, `name-other`, as the language counts. */
export const counted = (name, number) => word(`${name}-${plural.select(number)}`, number);
