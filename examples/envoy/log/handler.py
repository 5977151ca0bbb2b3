"""Writes a line about each transaction. Nobody waits for it."""

RESPONSE = 4


def handler(context, event):
    """Called for the request, and again for the response, which knows the request."""
    if event.phase < RESPONSE:
        return
    request = event.request
    context.logger.info_with(
        'transaction',
        method=request.method,
        path=request.path,
        status=event.status,
        bytes=int(event.get_header('content-length', 0)),
        client=request.attributes['envoy.filters.http.ext_proc']['source.address'],
        request_id=event.request_id,
    )
