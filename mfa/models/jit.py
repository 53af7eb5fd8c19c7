"""Settings of PostgreSQL for one large report."""

from django.db import connection


def compile_nothing() -> None:
    """Stop it in this transaction: compiling long expressions takes longer than to run them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")


def sort_in_memory() -> None:
    """Allow sorts in this transaction 32 MB, so that the facts of 100,000 people fit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '32MB'")
