"""Messages to people: the queue, the worker that sends them, and their delivery state."""
