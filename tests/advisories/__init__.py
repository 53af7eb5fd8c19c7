"""Published login vulnerabilities of other products, each tried here.

The docstrings name the sources.
"""
