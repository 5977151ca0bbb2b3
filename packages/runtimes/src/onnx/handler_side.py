"""What handlers get for the models of their function: `context.models`."""

# What a run takes is imported by the first one.

PREFIX = 8


def create_handler_side(call, facts):
    """Makes `context.models` of the models that the facts describe; a run is a call of the operation `models.run`."""
    return Models({each['name']: Model(call, each) for each in facts})


class ModelError(Exception):
    """
    Why a model gave nothing, in its own words: `context.models.Error`. `status` is that of HTTP: 400 when the inputs do
    not fit the model, 5xx when it failed or nothing was free to run it; `code` is that of Pelton's error.
    """

    def __init__(self, status: int, message: str, code=None):
        super().__init__(message)
        self.status = status
        self.code = code


class Models:
    """The models by their names in `spec.models`, which are attributes as well: `models['a']`, `models.a`."""

    Error = ModelError

    def __init__(self, models: dict):
        self._models = models

    def __getitem__(self, name):
        if name not in self._models:
            raise KeyError(self._unknown(name))
        return self._models[name]

    def __getattr__(self, name: str):
        # What Python itself looks for is never a model; nor is `_models`, which a copy does not have at first.
        if name[:2] == '__' or name == '_models' or name not in self._models:
            raise AttributeError(name if name[:1] == '_' else self._unknown(name))
        return self._models[name]

    def __iter__(self):
        return iter(self._models)

    def __len__(self):
        return len(self._models)

    def __contains__(self, name):
        return name in self._models

    def __repr__(self):
        return f'Models({list(self)!r})'

    def _unknown(self, name) -> str:
        return f'there is no model {name!r:.100}; there are {", ".join(map(repr, list(self)[:20]))}'


class Model:
    """A model that runs beside the function; `inputs` and `outputs` are dicts of `name`, `datatype` and `shape`."""

    def __init__(self, call, facts: dict):
        self.name: str = facts['name']
        self.version: str = facts['version']
        self.platform: str = facts['platform']
        self.inputs: list = facts['inputs']
        self.outputs: list = facts['outputs']
        self._call = call
        self._inputs = {each['name']: each for each in self.inputs}
        self._where = f'models.{self.name}.run'

    def __repr__(self):
        return f'Model(name={self.name!r}, inputs={self.inputs!r}, outputs={self.outputs!r})'

    def run(self, inputs, outputs=None, parameters=None):
        """
        Runs it on inputs by name: arrays of NumPy, memoryviews and arrays, lists, tensors, or dicts of `datatype`,
        `shape` and `data`. They are copied now. Gives its outputs by name, or those of the names `outputs`; async
        handlers await them. Raises `TypeError` or `ValueError` for what is no input or output of the model, before
        anything is sent; `context.models.Error` for what the model refuses or fails at.
        """
        from pelton_worker.calls import CallFailed

        body, length = self._request(inputs, outputs, parameters)
        payload = {'model': self.name, 'extra': {'inferHeaderLength': length, 'prefixed': True}}
        try:
            answer = self._call('models.run', payload, body)
        except CallFailed as error:
            raise failure_of(error) from error
        return self._read_later(answer) if hasattr(answer, '__await__') else self._read(answer)

    async def _read_later(self, answer):
        from pelton_worker.calls import CallFailed

        try:
            return self._read(await answer)
        except CallFailed as error:
            raise failure_of(error) from error

    def _request(self, inputs, outputs, parameters) -> tuple:
        """The body of a request, and the length of its JSON."""
        from pelton_worker import tensor_parts

        where = self._where
        if not isinstance(inputs, dict):
            raise TypeError(f'{where} takes a dict of inputs by name, not {tensor_parts.kind_of(inputs)}')
        parts = []
        for name, value in inputs.items():
            if name not in self._inputs:
                raise ValueError(unknown_name(f'{where}: there is no input', name, self._inputs))
            parts.append(tensor_parts.input_part(where, self._inputs[name], value))
        head = {'model_name': self.name, 'inputs': [entry for entry, _ in parts]}
        if outputs is not None:
            head['outputs'] = self._requested(outputs)
        if parameters is not None:
            head['parameters'] = tensor_parts.checked_parameters(where, parameters)
        body, length = tensor_parts.join_parts(head, parts)
        return body, len(body) if length is None else length

    def _requested(self, names) -> list:
        if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
            raise TypeError(f'{self._where}: outputs must be a list of names')
        known = [each['name'] for each in self.outputs]
        for name in names:
            if name not in known:
                raise ValueError(unknown_name(f'{self._where}: there is no output', name, known))
        return [{'name': name} for name in names]

    def _read(self, answer) -> dict:
        """The outputs in an answer: the length of its JSON, the JSON, the bytes of the tensors."""
        from json import loads

        from pelton_worker.tensors import pair_bytes, tensors_by_name

        try:
            start = PREFIX + int.from_bytes(answer[:PREFIX], 'little')
            return tensors_by_name(pair_bytes(loads(answer[PREFIX:start])['outputs'], answer, start))
        except (TypeError, ValueError, LookupError) as error:
            raise ModelError(500, f'{self._where}: the answer cannot be read: {error}') from error


def failure_of(error) -> ModelError:
    return ModelError(error.status, str(error), error.code)


def unknown_name(what: str, name, known) -> str:
    return f'{what} {name!r:.100}; there are {", ".join(map(repr, list(known)[:20]))}'
