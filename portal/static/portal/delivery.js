// The delivery line of a code page: what became of the message, asked for politely. When nothing
// comes, or it failed, the next way on moves before the code field, in sight and in reading order.

const line = document.querySelector("[data-status]");
// Seconds between looks; the last one repeats. A text is there within seconds or late: after the
// third look, at ten seconds, the page offers the next way. After ten minutes its code is dead.
const PAUSES = [2, 3, 5, 10, 15, 30];
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
  let done = false;
  for (let look = 0; !done && Date.now() - start < PATIENCE; look += 1) {
    await later((PAUSES[look] ?? PAUSES.at(-1)) * 1000);
    await inSight();
    try {
      done = await ask();
    } catch {
      // A lost network: the next time may do better.
    }
  }
}

if (line) watch();
