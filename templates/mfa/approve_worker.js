// The service worker of the phone. Every push shows a notification, whatever the page does: phones
// end the subscription of an app that stays silent. There is no button that approves.
{% load static %}
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function show(message) {
  const url = message.id ? `{% url "mfa:approvals" %}${message.id}/` : "{% url "mfa:approvals" %}";
  const shown = self.registration.showNotification(message.title || "", {
    body: message.body || "",
    icon: "{% static "portal/icon-192.png" %}",
    tag: "login",
    renotify: true,
    requireInteraction: true,
    data: { url },
  });
  const pages = await self.clients.matchAll({ type: "window" });
  for (const page of pages) page.postMessage({ url });
  await shown;
}

self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data.json();
  } catch {
    // An empty push still shows a notification.
  }
  event.waitUntil(show(message));
});

async function open(url) {
  const [page] = await self.clients.matchAll({ type: "window" });
  if (page) {
    const moved = await page.navigate(url).catch(() => null);
    if (moved) return moved.focus();
  }
  return self.clients.openWindow(url);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});
