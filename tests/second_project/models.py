"""The user model: an email, and nothing else of the portal's."""

from datetime import datetime

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from mfa.models import AbstractMfaUser, SitePolicy
from mfa.rules.fold import resolve
from mfa.rules.policy import Policy


class Person(AbstractMfaUser):
    """A user model with what AbstractMfaUser requires."""

    email = models.EmailField(unique=True)
    language = models.CharField(max_length=10, default="en")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"

    objects = BaseUserManager()

    def __str__(self) -> str:
        return self.email

    @cached_property
    def mfa_policy(self) -> Policy:
        site = SitePolicy.load_for(self)
        return resolve(
            site.layer("site"),
            (),
            in_force=site.binds,
            paused=site.is_paused,
            resting=site.resting,
            mail_tested=site.health.mail_tested,
        )

    def mailed_link(
        self, link: str, *, target: str, at: datetime, epoch: int | None, number: int | None = None
    ) -> str | None:
        """This project mails no links."""
        return None

    def not_me_link(self, event: int, *, at: datetime) -> str | None:
        """This project mails no links."""
        return None
