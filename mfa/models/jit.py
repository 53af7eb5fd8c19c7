"""PostgreSQL's just-in-time compiler."""

from django.db import connection


def compile_nothing() -> None:
    """Stop it in this transaction: compiling long expressions takes longer than to run them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")
