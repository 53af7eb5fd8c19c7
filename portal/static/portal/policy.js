// What the Account Policy gains from script: a country that is picked joins the list above its
// field, the preview of the color follows its field, and tests answer without a new page, so that a
// typed token stays.

for (const box of document.querySelectorAll("[data-countries]")) {
  const input = box.querySelector("input[list]");
  const names = new Set([...input.list.options].map((option) => option.value));
  const add = () => {
    if (!names.has(input.value)) return;
    const label = document.createElement("label");
    const tick = document.createElement("input");
    Object.assign(tick, { type: "checkbox", name: input.name, value: input.value, checked: true });
    label.append(tick, ` ${input.value}`);
    input.before(label);
    input.value = "";
  };
  input.addEventListener("change", add);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !names.has(input.value)) return;
    event.preventDefault();
    add();
  });
}

// The preview of the accent color follows the field, so its button is not needed.
for (const preview of document.querySelectorAll("[data-accent]")) {
  const image = preview.querySelector("img");
  preview.querySelector("button").parentElement.remove();
  document.getElementById("id_accent").addEventListener("input", ({ target }) => {
    const color = /^#([0-9a-f]{6})$/i.exec(target.value.trim());
    if (color) image.src = `${preview.dataset.accent}?accent=${color[1]}`;
  });
}

const form = document.getElementById("accountpolicy_form");

form?.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (button?.name !== "_test" || form.dataset.plain) return;
  event.preventDefault();
  // Not as multipart: the portal takes no uploads. A disabled button would not be in it.
  const body = new URLSearchParams(new FormData(form, button));
  button.disabled = true;
  const said = await answerOf(button.formAction, body).catch(() => null);
  button.disabled = false;
  if (said) {
    document.getElementById("test-result")?.remove();
    button.closest(".tests").after(said);
    return;
  }
  // A step-up is due, or the network is away: as without script.
  form.dataset.plain = "on";
  form.requestSubmit(button);
});

async function answerOf(address, body) {
  const response = await fetch(address, { method: "POST", body });
  if (response.redirected || !response.ok) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const messages = page.querySelector(".messagelist");
  if (!messages) return null;
  const result = document.createElement("div");
  result.id = "test-result";
  result.setAttribute("role", "status");
  result.append(document.adoptNode(messages));
  return result;
}

// A link to a field inside a folded section opens it.
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  target.closest("details")?.setAttribute("open", "");
  target.focus();
}

addEventListener("hashchange", reveal);
reveal();
