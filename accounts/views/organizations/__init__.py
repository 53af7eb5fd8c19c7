"""The pages of managers: their organizations, the people there, and the rules."""
