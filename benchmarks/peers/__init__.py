"""What a login costs here, in django-allauth, in django-two-factor-auth, and in plain Django.

`make bench-peers` runs it. `sites/` and `count.py` run in the peers' environment, which has none of
our packages. Everything else runs in ours.
"""
