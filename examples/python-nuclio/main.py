import os

import nuclio_sdk


def init_context(context):
    context.user_data.calls = 0


def handler(context: nuclio_sdk.Context, event: nuclio_sdk.Event):
    context.user_data.calls += 1
    context.logger.info_with('Reversing', bytes=len(event.body))
    text = event.body.decode()
    if text == '':
        return context.Response(body='nothing to reverse', content_type='text/plain', status_code=400)
    headers = {'X-Prefix': os.environ['GREETING'], 'X-Calls': context.user_data.calls}
    return context.Response(headers=headers, body=text[::-1], content_type='text/plain', status_code=200)
