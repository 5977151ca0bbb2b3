"""Takes the colour out of a camera's pictures, without decoding them."""

QUANTISATION, SCAN = 0xDB, 0xDA


def handler(context, event):
    """The sink serves the picture that is returned."""
    return context.Response(body=without_colour(event.body), content_type='image/jpeg')


def without_colour(jpeg: bytes) -> bytes:
    """The picture with colours next to none: the quantisation tables after the first, those of colour, become all ones (ITU-T T.81 B.2.4.1)."""
    grey = bytearray(jpeg)
    at = 2
    while at + 4 <= len(grey) and grey[at + 1] != SCAN:
        end = at + 2 + int.from_bytes(grey[at + 2:at + 4], 'big')
        table = at + 4
        while grey[at + 1] == QUANTISATION and table < end:
            one = b'\0\1' if grey[table] >> 4 else b'\1'
            size = 64 * len(one)
            if grey[table] & 15:
                grey[table + 1:table + 1 + size] = 64 * one
            table += 1 + size
        at = end
    return bytes(grey)
