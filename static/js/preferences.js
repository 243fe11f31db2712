// A person's choices of look and keys: <div class="seg" data-choice="theme" data-url>
// holds one button per value. Shown on <html data-theme> at once, kept by the server.

import { post } from "./http.js";

const root = document.documentElement;

function showChoices() {
  for (const group of document.querySelectorAll("[data-choice]")) {
    for (const button of group.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.value === root.dataset[group.dataset.choice]));
    }
  }
}

async function choose(name, value, url) {
  root.dataset[name] = value;
  showChoices();
  if (url) await post(url, new URLSearchParams({ [name]: value }));
}

/** `data-reloads`: the server has to write the page anew, as for a language. */
async function chooseIn(group, value) {
  await choose(group.dataset.choice, value, group.dataset.url);
  if ("reloads" in group.dataset) location.reload();
}

const isDark = () =>
  root.dataset.theme === "dark" ||
  (root.dataset.theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);

export function startPreferences() {
  showChoices();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choice] button");
    const group = button?.parentElement;
    if (group) chooseIn(group, button.value);
    else if (event.target.closest("[data-theme-toggle]")) choose("theme", isDark() ? "light" : "dark");
  });
}
