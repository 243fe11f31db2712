// The page shown while the database is away comes back by itself, once it is there again.
// One that shows what somebody had sent stays: it is theirs to send again.

const EVERY_MS = 5000;

async function look() {
  const answer = await fetch("/readyz").catch(() => null);
  if (answer?.ok) location.reload();
}

if (!document.querySelector("form.sent")) setInterval(look, EVERY_MS);
