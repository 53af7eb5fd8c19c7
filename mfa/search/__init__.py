"""Search of people, for the lists of the admin and for support."""
