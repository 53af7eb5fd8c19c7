// What every page gains from script: focus on its errors, one submit per press, passwords that
// can be looked at, and menus that close by themselves.

document.querySelector("[data-error-summary]")?.focus();

for (const link of document.querySelectorAll("[data-error-summary] a")) {
  link.addEventListener("click", (event) => {
    const target = document.getElementById(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    target.focus();
    target.closest(".field")?.scrollIntoView({ block: "nearest" });
  });
}

function lockButtons(form, locked) {
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.disabled = locked;
  }
}

document.addEventListener("submit", ({ target: form }) => {
  for (const input of form.querySelectorAll("[data-show] input")) input.type = "password";
  // After this turn, so that the pressed button's own name and value still travel.
  setTimeout(() => lockButtons(form, true));
  // A page that never came (a lost network) must not leave its form dead.
  setTimeout(() => lockButtons(form, false), 15_000);
});

window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.forms) lockButtons(form, false);
});

for (const field of document.querySelectorAll("[data-show]")) {
  const input = field.querySelector("input");
  const button = document.createElement("button");
  const name = field.querySelector("label").textContent.trim();
  const draw = () => {
    const word = input.type === "password" ? field.dataset.show : field.dataset.hide;
    button.textContent = word;
    button.setAttribute("aria-label", `${word} ${name}`);
  };
  button.type = "button";
  button.className = "reveal";
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    input.type = input.type === "password" ? "text" : "password";
    draw();
  });
  draw();
  input.after(button);
}

for (const menu of document.querySelectorAll("[data-menu]")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
  });
  document.addEventListener("click", ({ target }) => {
    if (!menu.contains(target)) menu.open = false;
  });
}

// My Details suggests the browser's time zone until the person has chosen one.
const zone = document.querySelector("[data-zone]");
if (zone?.value === "") {
  const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((option) => option.value === guess)) zone.value = guess;
}
