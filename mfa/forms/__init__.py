"""Forms: they say whether text has the right shape; the verbs decide."""
