"""Greets, and tells which worker did."""


def init_context(context):
    """Runs once in each worker before its first event."""
    context.user_data.greeting = 'hello'


def greet(context, event):
    """The body names who is greeted."""
    return f'{context.user_data.greeting} {event.text()} from worker {context.worker_id}'
