"""The peer: the same model as its users write it, on KServe's server as it is by default. HTTP and gRPC port are arguments."""

import sys

from kserve import Model, ModelServer
from kserve.utils.utils import get_predict_response


class Doubler(Model):
    """Twice its only input."""

    def __init__(self):
        super().__init__('model')
        self.ready = True

    def predict(self, payload, headers=None):
        return get_predict_response(payload, 2 * payload.inputs[0].as_numpy(), self.name)


http_port, grpc_port, *flags = sys.argv[1:]
# Its line of latencies for each request is on by default.
logs = 'quiet' not in flags
ModelServer(http_port=int(http_port), grpc_port=int(grpc_port), enable_latency_logging=logs).start([Doubler()])
