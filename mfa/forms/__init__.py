"""Forms. They validate the shape of input; other modules decide."""
