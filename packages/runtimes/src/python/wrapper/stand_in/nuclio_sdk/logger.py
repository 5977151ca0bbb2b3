"""A logger of one's own, as tests of handlers make one; a worker's is `context.logger`."""

import json
import logging

from pelton_worker.logger import Logger as PeltonLogger

LEVELS = {'debug': logging.DEBUG, 'info': logging.INFO, 'warn': logging.WARNING, 'error': logging.ERROR}


class Logger(PeltonLogger):
    """Logs by the standard library, to the handlers that it is given."""

    def __init__(self, level, name='nuclio_sdk'):
        super().__init__(self._print)
        self._logger = logging.getLogger(name)
        self._logger.setLevel(level)

    def set_handler(self, handler_name, file, formatter):
        """Prints to a file; a handler of the same name is replaced."""
        for known in [each for each in self._logger.handlers if each.name == handler_name]:
            self._logger.removeHandler(known)
        handler = logging.StreamHandler(file)
        handler.name = handler_name
        handler.setFormatter(formatter)
        self._logger.addHandler(handler)

    def bind(self, /, **facts):
        """Adds facts to all records of this logger."""
        self._bound = {**self._bound, **facts}
        return self

    def _print(self, level, message, facts):
        self._logger.log(LEVELS[level], '%s', message, extra={'with': facts})


class HumanReadableFormatter(logging.Formatter):
    """Lines for people."""

    def format(self, record):
        facts = getattr(record, 'with', None)
        line = f'{self.formatTime(record, self.datefmt)} [{record.levelname.lower()}] {record.getMessage()}'
        return f'{line}: {facts}' if facts else line


class JSONFormatter(logging.Formatter):
    """Lines of JSON."""

    def format(self, record):
        said = {
            'datetime': self.formatTime(record, self.datefmt),
            'level': record.levelname.lower(),
            'message': record.getMessage(),
            'with': getattr(record, 'with', {}),
        }
        return json.dumps(said, default=repr)
