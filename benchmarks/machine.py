"""The machine that a benchmark ran on."""

import os
import platform
from pathlib import Path

import django
import psycopg


def here(database: str) -> str:
    """Return processor, Python, Django and PostgreSQL in one line."""
    with psycopg.connect(database) as connection:
        server = connection.execute("SHOW server_version").fetchone()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (
        f"{os.cpu_count()} x {next(iter(models), platform.machine())}; "
        f"Python {platform.python_version()}, Django {django.__version__}, "
        f"PostgreSQL {server[0] if server else '?'}"
    )
