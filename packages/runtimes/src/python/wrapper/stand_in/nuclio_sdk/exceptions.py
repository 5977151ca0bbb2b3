"""An exception that is a response."""


class ExceptionWithResponse(IOError):
    """Raised by a handler, it answers the event with its status, body and content type."""

    def __init__(self, status_code, body=None, content_type=None):
        super().__init__(status_code, body)
        self.status_code = status_code
        self.body = body
        self.content_type = content_type
