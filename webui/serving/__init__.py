"""Serving: the web server's processes, and the worker and the schedule beside or inside them."""
