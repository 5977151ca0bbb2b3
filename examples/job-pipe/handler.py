from collections import Counter


def handler(context, event):
    """Counts the words of the body, a line each."""
    words = event.text().split()
    if not words:
        return context.Response(body='no words\n', status_code=422)
    return ''.join(f'{word} {count}\n' for word, count in Counter(words).items())
