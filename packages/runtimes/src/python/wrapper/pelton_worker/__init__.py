"""The host of Python functions: speaks the worker wire and calls the handler."""
