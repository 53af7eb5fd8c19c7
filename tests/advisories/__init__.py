"""Published login holes of other products, each tried here; its source stands in the docstring."""
