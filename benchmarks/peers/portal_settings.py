"""Our portal as shipped, with a home page as small as the peers'."""

from tests.processes.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.peers.portal_urls"
LOGIN_REDIRECT_URL = "small_home"
