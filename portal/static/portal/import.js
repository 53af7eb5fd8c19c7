// The progress of an import. At the end the page is loaded again, with the result.

const section = document.querySelector("[data-progress]");
const status = section.querySelector("[role=status]");
const bar = section.querySelector("progress");
const PAUSE = 2000;

async function ask() {
  const answer = await fetch(section.dataset.progress, { redirect: "error" });
  if (!answer.ok) return;
  const { words, value, final } = await answer.json();
  if (final) location.reload();
  if (status.textContent !== words) status.textContent = words;
  if (bar.hasAttribute("max")) bar.value = value;
}

// A lost network: the next time may do better.
setInterval(() => ask().catch(() => {}), PAUSE);
