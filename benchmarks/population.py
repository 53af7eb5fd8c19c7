"""A temporary database with many people, each with a phone and an organization."""

import os

import django
from django.db import connection

PEOPLE = """
    INSERT INTO accounts_user (
        password, time_zone, is_superuser, device_epoch, session_epoch, wrong_answers, skips, email,
        new_email, recovery_email, new_recovery_email, full_name, language, is_active,
        password_expired, is_staff, date_joined, last_login
    )
    SELECT '!', '', false, 0, 0, 0, 0, 'person' || n || '@example' || n %% 50 || '.com', '', '', '',
        'Name' || n %% 900 || ' Family' || n, 'en', n %% 500 > 0, false, n %% 2000 = 0, now(), now()
    FROM generate_series(1, %(people)s) AS n
"""
FACTORS = """
    INSERT INTO mfa_factor (
        user_id, kind, target, name, secret, last_step, confirmed_at, status, status_at,
        wrong_answers, browser, preferred
    )
    SELECT id, 'phone', '+4474' || lpad((id * 37 % 100000000)::text, 8, '0'), '', '', 0, now(),
        'active', now(), 0, '', false
    FROM accounts_user
"""
MEMBERSHIPS = """
    INSERT INTO accounts_membership (user_id, organization_id, role, since)
    SELECT u.id, o.id, {role}, now() FROM accounts_user u JOIN accounts_organization o ON {where}
    ORDER BY u.id
"""
HOMES = """
    UPDATE accounts_user SET home_id = m.id FROM accounts_membership m
    WHERE m.user_id = accounts_user.id
"""


def begin(database: str) -> None:
    """Set Django up on an empty database and create the tables."""
    os.environ["DATABASE_URL"] = database
    os.environ.setdefault("ENV_FILE", "tests/check.env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def add_people(number: int) -> None:
    """Insert people, each with an active phone."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"people": number})
        cursor.execute(FACTORS)


def join(where: str, role: str = "'member'") -> None:
    """Make people (u) members of organizations (o), as two SQL expressions say."""
    with connection.cursor() as cursor:
        cursor.execute(MEMBERSHIPS.format(where=where, role=role))
        cursor.execute(HOMES)
