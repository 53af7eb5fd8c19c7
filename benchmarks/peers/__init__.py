"""What a login costs here, in django-allauth, in django-two-factor-auth, and in plain Django.

`make bench-peers` runs it. The parts under `sites/` and `count.py` run in the peers' environment,
which has no package of ours; all else runs in ours.
"""
