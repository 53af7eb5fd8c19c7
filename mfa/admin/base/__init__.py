"""The base of every admin page. It registers nothing, so the admin site can import it."""
