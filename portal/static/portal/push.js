// The computer waits for the phone: asks for the state each second, and goes on once it changes.

const line = document.querySelector("[data-push]");
const form = document.querySelector("[data-push-form]");
const EVERY = 1000;
// A request and the setup of a phone are over by then.
const PATIENCE = 10 * 60_000;

const later = (time) => new Promise((wake) => setTimeout(wake, time));

async function changed() {
  const answer = await fetch(line.dataset.push, { redirect: "error" });
  if (!answer.ok) return "over";
  const { state, words } = await answer.json();
  if (state !== line.dataset.state) return state;
  // Said again only when it has changed: a status is read out aloud.
  if (words && line.textContent !== words) line.textContent = words;
  return "";
}

async function watch() {
  const start = Date.now();
  while (Date.now() - start < PATIENCE) {
    await later(EVERY);
    try {
      const state = await changed();
      if (state === "approved" && form) return form.submit();
      if (state) return location.replace(location.href);
    } catch {
      // A lost network: the next time may do better.
    }
  }
}

if (line) watch();
