"""Two schedules, one handler: the event says which report is due, and for when it was planned."""

import nuclio_sdk


def handler(context: nuclio_sdk.Context, event: nuclio_sdk.Event) -> str:
    """Writes a report into the log."""
    which = event.body.decode()
    planned = event.timestamp.isoformat()
    context.logger.info_with("report", which=which, planned=planned, limit=event.get_header("x-limit"))
    return f"{which}, {planned}"
