import asyncio


async def count(last):
    """Each value is sent when it is yielded."""
    for number in range(1, last + 1):
        await asyncio.sleep(1)
        yield f'{number}\n'


async def handler(context, event):
    """Waits as many seconds as the body says."""
    seconds = float(event.text() or 1)
    if event.path == '/count':
        return count(int(seconds))
    await asyncio.sleep(seconds)
    return f'waited {seconds:g} s'
