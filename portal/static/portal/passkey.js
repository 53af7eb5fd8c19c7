// Passkeys: asks the browser for one, and sends its answer with the form.
// The options are fetched when the page opens, because Safari wants its dialog inside the click.

// A challenge is valid for five minutes. A new one comes before that.
const FRESH = 270_000;

const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// The browsers' own parseCreationOptionsFromJSON and toJSON are younger than passkeys.
function read(options) {
  const known = (list) => list?.map((each) => ({ ...each, id: decode(each.id) }));
  return {
    ...options,
    challenge: decode(options.challenge),
    ...(options.user && { user: { ...options.user, id: decode(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: known(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: known(options.allowCredentials) }),
  };
}

function written({ id, rawId, type, response }) {
  const sent = { clientDataJSON: encode(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) sent[name] = encode(response[name]);
  }
  if (response.getTransports) sent.transports = response.getTransports();
  return JSON.stringify({ id, rawId: encode(rawId), type, response: sent });
}

function start(form) {
  const { passkey: ceremony, options: address } = form.dataset;
  // The login page renders this form once for everyone. The form with the password has the rest.
  for (const name of ["csrfmiddlewaretoken", "next"]) {
    const other = document.querySelector(`main input[name=${name}]`);
    if (other && !form.elements[name]) form.append(other.cloneNode());
  }
  const said = form.parentElement.querySelector("[data-passkey-said]");
  const button = form.querySelector("button");
  let options = null;
  let loaded = 0;
  let timer = 0;
  let waiting = null;
  let asking = false;
  let left = false;
  const say = (words) => { said.textContent = words; };

  async function load() {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(address, { method: "POST", body }).catch(() => null);
    const isJson = answer?.ok && answer.headers.get("Content-Type")?.startsWith("application/json");
    options = isJson ? read(await answer.json()) : null;
    // The login continued in another tab, or the session ended.
    left = Boolean(answer && !isJson && (answer.redirected || answer.status === 403));
    loaded = Date.now();
    clearTimeout(timer);
    timer = setTimeout(refresh, FRESH);
  }

  const isOld = () => Date.now() - loaded >= FRESH;

  // A tab in the background does nothing until someone looks at it again. A computer may have
  // slept meanwhile.
  async function refresh() {
    if (document.hidden || asking) return;
    await load();
    if (waiting && !asking) wait();
  }

  function send(credential) {
    form.elements.credential.value = written(credential);
    form.requestSubmit();
  }

  function why({ name }) {
    const { canceled, exists, failed } = form.dataset;
    return { NotAllowedError: canceled, InvalidStateError: exists, AbortError: "" }[name] ?? failed;
  }

  // Offers passkeys in the field for the email until the button is pressed. After a failure, the
  // next visit to the field offers them again.
  async function wait() {
    waiting?.abort();
    if (!options) return;
    waiting = new AbortController();
    const { signal } = waiting;
    try {
      send(await navigator.credentials.get({ publicKey: options, mediation: "conditional", signal }));
    } catch {
      // Nobody pressed anything, so there is nothing to explain.
      if (signal.aborted) return;
      document.querySelector("[autocomplete~=webauthn]")?.addEventListener("focus", wait, { once: true });
    }
  }

  async function ask() {
    say("");
    waiting?.abort();
    if (!options || isOld()) await load();
    if (left) return location.reload();
    if (!options) return say(form.dataset.failed);
    asking = true;
    try {
      send(ceremony === "create"
        ? await navigator.credentials.create({ publicKey: options })
        : await navigator.credentials.get({ publicKey: options }));
    } catch (error) {
      say(why(error));
      asking = false;
      if (isOld()) refresh();
      else if (waiting) wait();
    }
  }

  button.addEventListener("click", ask);
  document.addEventListener("visibilitychange", () => { if (isOld()) refresh(); });
  form.addEventListener("submit", (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    ask();
  });
  form.hidden = false;
  load().then(async () => {
    const offers = await window.PublicKeyCredential.isConditionalMediationAvailable?.();
    if (ceremony === "autofill" && offers) wait();
  });
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (window.PublicKeyCredential) start(form);
  else form.parentElement.querySelector("[data-passkey-said]").textContent = form.dataset.unsupported;
}

// What the browser's password manager may forget, and what it calls the account
const signals = document.querySelector("[data-passkey-signals]");
const unknown = document.querySelector("[data-unknown-passkey]");
const quiet = () => {};
if (signals && window.PublicKeyCredential) {
  const { rpId, userId, allAcceptedCredentialIds, name, displayName } = JSON.parse(signals.dataset.passkeySignals);
  const { signalAllAcceptedCredentials: accepted, signalCurrentUserDetails: details } = PublicKeyCredential;
  accepted?.call(PublicKeyCredential, { rpId, userId, allAcceptedCredentialIds }).catch(quiet);
  details?.call(PublicKeyCredential, { rpId, userId, name, displayName }).catch(quiet);
}
if (unknown && window.PublicKeyCredential) {
  const credentialId = unknown.dataset.unknownPasskey;
  const rpId = unknown.dataset.site;
  PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId }).catch(quiet);
}
