// The person's theme: set on the page at once, kept by the server for the next one.

import { post } from "./http.js";

const root = document.documentElement;

function showChoice() {
  for (const button of document.querySelectorAll("[data-theme-choice] button")) {
    button.setAttribute("aria-pressed", String(button.value === root.dataset.theme));
  }
}

function choose(theme, url) {
  root.dataset.theme = theme;
  showChoice();
  if (url) post(url, new URLSearchParams({ theme }));
}

const isDark = () =>
  root.dataset.theme === "dark" ||
  (root.dataset.theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);

export function startTheme() {
  showChoice();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice] button");
    if (button) choose(button.value, button.parentElement.dataset.url);
    else if (event.target.closest("[data-theme-toggle]")) choose(isDark() ? "light" : "dark");
  });
}
