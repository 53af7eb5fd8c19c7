"""Imports people from another Django project, with their passwords and second steps."""
