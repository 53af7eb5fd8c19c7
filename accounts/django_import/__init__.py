"""Brings people of another Django project, with their passwords and second steps."""
