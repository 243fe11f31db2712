// Requests to our own server: token, fragment header, sign-in on 401.

export const metaValue = (name) =>
  document.querySelector(`meta[name="${name}"]`)?.content ?? "";

export const csrfToken = () => metaValue("csrf-token");

/** The page stays with the site it was written for, should another window choose anew. */
export const pageSite = () => document.documentElement.dataset.site ?? "";

/** Who the page belongs to is to show it again; over the page, where it can (lock.js). */
export function signInAgain() {
  const asked = new CustomEvent("radflow:signed-out", { cancelable: true });
  if (document.dispatchEvent(asked)) goToLogin();
}

function goToLogin() {
  const here = location.pathname + location.search;
  const login = document.body.dataset.loginUrl ?? "/accounts/login/";
  location.assign(`${login}?next=${encodeURIComponent(here)}`);
}

async function send(url, options) {
  const response = await fetch(url, {
    credentials: "same-origin",
    ...options,
    headers: { "X-Fragment": "1", "X-CSRFToken": csrfToken(), "X-Site": pageSite() },
  });
  if (response.status === 401) signInAgain();
  return response;
}

export async function getFragment(url) {
  const response = await send(url, {});
  if (!response.ok) throw new Error(`fragment answered ${response.status}`);
  return response.text();
}

export function post(url, body) {
  return send(url, { method: "POST", body });
}
