"""Three models: one by JSON, one by arrays of NumPy, one that yields answers."""

import json

import numpy as np


def handler(context, event):
    """Hands a request to the model that it names."""
    return MODELS[event.headers['x-model-name']](context, event)


def double(context, event):
    """The request and the answer as the protocol has them in JSON."""
    request = json.loads(event.body)
    x = request['inputs'][0]
    y = {'name': 'y', 'datatype': 'FP32', 'shape': x['shape'], 'data': [2 * value for value in x['data']]}
    return {'outputs': [y]}


def find_outliers(context, event):
    """The same by arrays, without JSON in between: the distance of each value from the median, and whether it is far."""
    x = event.inputs['x'].data
    if x.size == 0:
        return context.Response(body={'error': 'x is empty'}, status_code=400)
    distance = np.abs(x - np.median(x))
    score = distance / (np.median(distance) or np.float32(1))
    return context.tensors.response({'score': score, 'is_outlier': score > 3})


def spell(context, event):
    """Each letter is an answer by itself, which the client has before the next one is made: for ModelStreamInfer."""
    (text,) = event.inputs['text'].data
    for letter in text.decode():
        yield context.tensors.response({'letter': [letter]})


MODELS = {'doubler': double, 'outliers': find_outliers, 'speller': spell}
