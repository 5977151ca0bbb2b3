"""What the websocket trigger gives handlers as `context.websocket`."""

import json


def create_handler_side(call):
    """Makes `context.websocket`; `call(operation, payload, body)` gives the result, or a future of it for async handlers."""
    return WebSocketSender(call)


class WebSocketSender:
    """Sends to the connections of the websocket triggers that the worker serves. Async handlers await what the methods give."""

    def __init__(self, call):
        self._call = call

    def send(self, id: str, data):
        """Sends to one connection; False when there is none of this id, or it takes too little."""
        return self._send("send", {"id": id}, data)

    def broadcast(self, data):
        """Sends to all connections; gives the number of those that will get it."""
        return self._send("broadcast", {}, data)

    def to(self, room: str, data):
        """Sends to the connections in a room; gives the number of those that will get it."""
        return self._send("to", {"room": room}, data)

    def join(self, id: str, room: str):
        """Puts a connection into a room, as long as it lives; False when there is none of this id."""
        return self._call("websocket.join", {"id": id, "room": room})

    def leave(self, id: str, room: str):
        """Takes a connection out of a room; False when there is none of this id."""
        return self._call("websocket.leave", {"id": id, "room": room})

    def close(self, id: str, code: int = 1000, reason: str = ""):
        """Closes a connection; False when there is none of this id."""
        return self._call("websocket.close", {"id": id, "code": code, "reason": reason})

    def _send(self, operation: str, to: dict, data):
        text, body = _message_of(data)
        return self._call("websocket." + operation, {**to, "text": text}, body)


def _message_of(data) -> tuple:
    """Text and JSON go out as text, bytes as bytes."""
    if isinstance(data, str):
        return True, data.encode()
    if isinstance(data, (bytes, bytearray, memoryview)):
        return False, bytes(data)
    text = json.dumps(data)
    # JSON has no NaN and no infinities: they are null, as in Node.js. Few messages are written anew.
    if "NaN" in text or "Infinity" in text:
        text = json.dumps(json.loads(text, parse_constant=lambda name: None))
    return True, text.encode()
