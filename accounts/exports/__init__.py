"""People, audit, deliveries and reports as files, limited to what the reader may see."""
