"""The peers' sites: one settings module, and what each product leaves to its project."""
