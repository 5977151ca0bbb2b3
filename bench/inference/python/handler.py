"""A model that doubles, and one that touches nothing; the peer's is in kserve-server.py."""

import numpy

touched_nothing = numpy.zeros(4, numpy.float32)


def double(context, event):
    """Twice its only input."""
    return context.tensors.response({'output-0': 2 * event.inputs['x'].data})


def accept(context, event):
    """Four zeros, whatever came."""
    return context.tensors.response({'output-0': touched_nothing})
