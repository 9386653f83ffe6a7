"""The bench's sale as an application of Django."""
