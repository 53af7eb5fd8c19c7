"""A second Chromium context that plays the phone: push is real from the service worker on."""

import json

from playwright.sync_api import Worker

from mfa.channels.webpush.keys import encoded
from tests.browser.visitor import Visitor
from tests.push_service import PHONE, PushService

# Chromium's own push needs Google. The page gets a subscription at the service of the tests.
SUBSCRIBE = """
(() => {
  const { endpoint, p256dh, auth } = %s;
  const decode = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const held = () => JSON.parse(localStorage.getItem("test-subscription"));
  const made = (key) => key && ({
    endpoint,
    options: { applicationServerKey: decode(key).buffer },
    toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
    unsubscribe: async () => { localStorage.removeItem("test-subscription"); return true; },
  });
  const text = (bytes) => btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  Object.defineProperty(Notification, "permission", { get: () => "granted" });
  Notification.requestPermission = async () => "granted";
  PushManager.prototype.getSubscription = async () => made(held());
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new Error("not visible");
    const key = text(applicationServerKey);
    localStorage.setItem("test-subscription", JSON.stringify(key));
    return made(key);
  };
})();
"""

KEEP = """() => {
  if (self.shown) return;
  self.shown = [];
  self.registration.showNotification = async (title, { body, tag, actions }) => {
    self.shown.push({ title, body, tag, actions: actions?.length ?? 0 });
  };
}"""


class PhoneOfTests:
    """The phone's browser. `deliver` hands what the service got to the service worker."""

    def __init__(self, visitor: Visitor, service: PushService) -> None:
        self.visitor = visitor
        self.service = service
        self.delivered = 0
        values = {
            "endpoint": service.address,
            "p256dh": encoded(PHONE.p256dh),
            "auth": encoded(PHONE.auth),
        }
        visitor.context.add_init_script(SUBSCRIBE % json.dumps(values))
        visitor.context.grant_permissions(["notifications"], origin=visitor.home)
        self.session = visitor.context.new_cdp_session(visitor.page)
        self.registrations: list[dict] = []
        self.session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: self.registrations.extend(event["registrations"]),
        )
        self.session.send("ServiceWorker.enable")

    @property
    def worker(self) -> Worker:
        """The service worker, which keeps its notifications: headless Chromium shows none."""
        worker = self.visitor.context.service_workers[-1]
        worker.evaluate(KEEP)
        return worker

    def deliver(self) -> None:
        """Deliver the newest message by DevTools, as the browser would."""
        for _ in range(100):
            if len(self.service.got) > self.delivered and self.registrations:
                break
            self.visitor.page.wait_for_timeout(50)
        message = self.service.got[-1]
        assert self.worker
        self.delivered = len(self.service.got)
        self.session.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self.visitor.home,
                "registrationId": self.registrations[-1]["registrationId"],
                "data": message.text.decode(),
            },
        )

    def notifications(self) -> list[dict]:
        """Return what the phone shows."""
        return self.worker.evaluate("() => self.shown")
