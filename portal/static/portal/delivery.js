// The delivery line of a code page: what became of the message, asked for politely. When nothing
// comes, or it failed, the next way on moves before the code field, in sight and in reading order.

const line = document.querySelector("[data-status]");
// A text is there within seconds or late; after ten minutes its code is dead.
const OFTEN = 2_000;
const SELDOM = 15_000;
const BUSY = 12_000;
const PATIENCE = 10 * 60_000;

const later = (time) => new Promise((wake) => setTimeout(wake, time));

async function inSight() {
  while (document.hidden) {
    await new Promise((wake) => {
      document.addEventListener("visibilitychange", wake, { once: true });
    });
  }
}

function bringForward() {
  const front = document.querySelector("[data-front]");
  const way = document.querySelector("[data-next-way]");
  if (!front || !way || front.contains(way)) return;
  // Nothing moves under the fingers of who is typing.
  if (document.querySelector("[autocomplete=one-time-code]")?.value) return;
  const focused = document.activeElement;
  front.append(way);
  if (way.contains(focused)) focused.focus();
}

async function ask() {
  const answer = await fetch(line.dataset.status, { redirect: "error" });
  if (!answer.ok) return true;
  const { words, final, problem, stuck } = await answer.json();
  // Said again only when it has changed: a status is read out aloud.
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("problem", problem);
  if (stuck) bringForward();
  return final;
}

async function watch() {
  const start = Date.now();
  let pause = OFTEN;
  let done = false;
  while (!done && Date.now() - start < PATIENCE) {
    await later(pause);
    await inSight();
    try {
      done = await ask();
    } catch {
      // A lost network: the next time may do better.
    }
    if (Date.now() - start > BUSY) pause = Math.min(pause * 1.5, SELDOM);
  }
}

if (line) watch();
