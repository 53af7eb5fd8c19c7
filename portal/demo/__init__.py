"""The demo: a virtual phone and people to log in as; installed only with DEMO=on."""
