"""What every admin page holds to; it registers nothing, so that the admin site can import it."""
