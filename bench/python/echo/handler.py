"""What both sides of the benchmark run."""


def echo(context, event):
    """Answers with the body that it got."""
    return event.body


def size(context, event):
    """Answers with the length of the body, which is real bytes."""
    return str(len(event.body))


def view_size(context, event):
    """Answers with the length of the body, without a copy of it."""
    return str(len(event.body_view))
