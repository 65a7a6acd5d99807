"""Binding: what a decorated function is, and what a call of it turns into."""
