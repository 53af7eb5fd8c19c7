"""The periodic tasks in a thread, for `make run`, which has no worker and beat."""

from threading import Event, Thread

from celery.beat import Scheduler
from django.db import close_old_connections

from portal.celery import app

NAME = "periodic tasks"


def start() -> Event:
    """Run them in a thread that ends with the process, or when the event is set."""
    stop = Event()
    Thread(target=run, args=(stop,), name=NAME, daemon=True).start()
    return stop


def run(stop: Event) -> None:
    """Run each task of CELERY_BEAT_SCHEDULE when it is due.

    Without a broker, tasks run in this thread. Celery logs failures.
    """
    app.loader.import_default_modules()
    scheduler = Scheduler(app=app)
    while not stop.wait(scheduler.tick()):
        close_old_connections()
    close_old_connections()
