// Approval on the phone: makes the phone's key, subscribes to web push, and signs answers.
// The key stays in IndexedDB and cannot be exported.

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const KIND = { name: "ECDSA", namedCurve: "P-256" };
const HASH = { name: "ECDSA", hash: "SHA-256" };

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function store(mode) {
  const opening = indexedDB.open("portal-phone", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
  const database = await settled(opening);
  return database.transaction("keys", mode).objectStore("keys");
}

const keyOf = async (phone) => settled((await store("readonly")).get(phone));
const keep = async (phone, key) => settled((await store("readwrite")).put(key, phone));

async function sign(key, ...lines) {
  const text = new TextEncoder().encode(lines.join("\n"));
  return encode(await crypto.subtle.sign(HASH, key, text));
}

const can = "serviceWorker" in navigator && "PushManager" in window && "indexedDB" in window;

async function registration({ worker, scope }) {
  const found = await navigator.serviceWorker.register(worker, { scope });
  await navigator.serviceWorker.ready;
  return found;
}

// The demo's virtual phone: it works without a push service, and its page shows the messages.
async function virtual({ virtual: endpoint, serverKey }) {
  const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const keys = {
    p256dh: encode(await crypto.subtle.exportKey("raw", publicKey)),
    auth: encode(crypto.getRandomValues(new Uint8Array(16))),
  };
  return { options: { applicationServerKey: decode(serverKey).buffer }, toJSON: () => ({ endpoint, keys }) };
}

async function subscribe(data) {
  if (!data.virtual) return subscribeAtService(data);
  return subscribeAtService(data).catch(() => virtual(data));
}

// A subscription belongs to one key of the portal. After a change of keys it is made anew.
async function subscribeAtService(data) {
  const { pushManager } = await registration(data);
  const wanted = data.serverKey;
  const held = await pushManager.getSubscription();
  const current = held?.options?.applicationServerKey;
  if (held && current && encode(current) === wanted) return held;
  if (held) await held.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decode(wanted) });
}

function fill(form, subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const { elements } = form;
  elements.endpoint.value = endpoint;
  elements.p256dh.value = keys.p256dh;
  elements.auth.value = keys.auth;
  elements.server_key.value = form.dataset.serverKey;
  return endpoint;
}

function pair(form) {
  const { pair: code, phone, unsupported, denied, failed } = form.dataset;
  const said = document.querySelector("[data-said]");
  const say = (words) => { said.textContent = words; };
  // Safari on iPhones and iPads knows push only in an app on the Home Screen.
  if (navigator.standalone === false) {
    document.querySelector("[data-home-screen]").hidden = false;
    return;
  }
  if (!can) return say(unsupported);
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.signature.value) return;
    event.preventDefault();
    // The buttons stay usable: the form is sent only once it is signed.
    event.stopPropagation();
    say("");
    try {
      const allowed = await Notification.requestPermission() === "granted";
      if (!allowed && !form.dataset.virtual) return say(denied);
      const { privateKey, publicKey } = await crypto.subtle.generateKey(KIND, false, ["sign", "verify"]);
      const endpoint = fill(form, await subscribe(form.dataset));
      form.elements.public_key.value = encode(await crypto.subtle.exportKey("raw", publicKey));
      await keep(phone, privateKey);
      form.elements.signature.value = await sign(privateKey, "portal phone 1", code, endpoint);
      form.submit();
    } catch {
      say(failed);
    }
  });
}

function answer(form) {
  const { answer: request, phone, keyless, incomplete } = form.dataset;
  const said = document.querySelector("[data-said]");
  form.hidden = false;
  form.elements.number.focus();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // The buttons stay usable: the form is sent only once it is signed.
    event.stopPropagation();
    const { number, decision, signature } = form.elements;
    decision.value = event.submitter?.dataset.decision ?? "approve";
    const typed = decision.value === "deny" ? "" : number.value.normalize("NFKC").replace(/\D/g, "");
    if (decision.value === "approve" && typed.length !== 2) {
      said.textContent = incomplete;
      number.focus();
      return;
    }
    const key = await keyOf(phone).catch(() => null);
    if (!key) {
      said.textContent = keyless;
      return;
    }
    number.value = typed;
    signature.value = await sign(key, "portal approval 1", request, typed, decision.value);
    form.submit();
  });
}

// Tells the portal at each visit where this phone gets its messages now, or that it gets none.
async function renew(form) {
  if (!can || !form.dataset.serverKey) return;
  const { renew: known } = form.dataset;
  const phone = form.elements.phone.value;
  const key = await keyOf(phone).catch(() => null);
  if (!key) return;

  async function send(endpoint) {
    form.elements.signature.value = await sign(key, "portal subscription 1", phone, endpoint);
    const body = new URLSearchParams(new FormData(form));
    return fetch(form.action, { method: "POST", body }).catch(() => null);
  }

  async function check() {
    const endpoint = fill(form, await subscribe(form.dataset));
    if (endpoint !== known) await send(endpoint);
    form.hidden = true;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // The buttons stay usable: the form is sent only once it is signed.
    event.stopPropagation();
    if (await Notification.requestPermission() === "granted") await check();
  });
  if (Notification.permission === "granted" || form.dataset.virtual) return check();
  form.hidden = false;
  if (known) await send("");
}

// A page in front follows a new request at once, besides the notification.
function follow() {
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    const { origin, href } = new URL(data.url, location.href);
    if (origin === location.origin) location.assign(href);
  });
  navigator.serviceWorker?.startMessages?.();
}

for (const form of document.querySelectorAll("[data-pair]")) pair(form);
for (const form of document.querySelectorAll("[data-answer]")) answer(form);
for (const form of document.querySelectorAll("[data-renew]")) renew(form);
if (document.querySelector("[data-follow]")) follow();
