import { defineErrors, errorRow } from '@pelton/core'

/** Everything that the processor itself raises or answers. */
export const errors = defineErrors({
  no_worker: errorRow<{ trigger: string; waitedMs: number }>({
    message: ({ trigger, waitedMs }) => `No worker of trigger ${trigger} came free within ${waitedMs} ms`,
    blame: 'user',
    retryable: true,
    help: 'Raise numWorkers or concurrency, or workerAvailabilityTimeoutMilliseconds to wait longer.',
    status: 503,
  }),
  too_many_waiting: errorRow<{ trigger: string; limit: string }>({
    message: ({ trigger, limit }) => `Trigger ${trigger} has ${limit} waiting for workers already`,
    blame: 'user',
    retryable: true,
    help: 'Raise numWorkers or concurrency, or send less at a time.',
    status: 503,
  }),
  workers_stopped: errorRow<{ trigger: string }>({
    message: ({ trigger }) => `The workers of trigger ${trigger} have been stopped`,
    blame: 'user',
    retryable: true,
    help: 'The processor is shutting down: send the event to another replica.',
    status: 503,
  }),
  event_timeout: errorRow<{ trigger: string; timeoutMs: number }>({
    message: ({ trigger, timeoutMs }) => `The handler took longer than ${timeoutMs} ms for an event of ${trigger}`,
    blame: 'user',
    retryable: true,
    help: 'Raise spec.eventTimeout, or let the handler watch event.signal.',
    status: 408,
  }),
  event_revoked: errorRow<{ trigger: string }>({
    message: ({ trigger }) => `An event of ${trigger} was taken back from its worker`,
    blame: 'user',
    retryable: true,
    help: 'Its deadline was over, or its successor was due: let the handler watch event.signal.',
    status: 408,
  }),
  caller_left: errorRow<{ trigger: string }>({
    message: ({ trigger }) => `The caller of ${trigger} left before a worker took the event`,
    blame: 'upstream',
    retryable: false,
    help: 'Nothing to mend here: the caller closed its connection.',
    status: 499,
  }),
  event_withdrawn: errorRow<{ trigger: string }>({
    message: ({ trigger }) => `Trigger ${trigger} had no event left when a worker came free`,
    blame: 'upstream',
    retryable: false,
    help: 'Nothing to mend: the source dropped the event meanwhile.',
    status: 503,
  }),
  dispatch_failed: errorRow<{ trigger: string; reason: string }>({
    message: ({ trigger, reason }) => `An event of ${trigger} could not be handed out: ${reason}`,
    blame: 'bug',
    retryable: false,
    help: 'Please report this with the log around it.',
  }),
  address_taken: errorRow<{ what: string; address: string }>({
    message: ({ what, address }) => `${what} cannot listen on ${address}: the address is taken`,
    blame: 'user',
    retryable: false,
    help: 'Choose another port, or end the process that holds this one.',
  }),
  listen_failed: errorRow<{ what: string; address: string; reason: string }>({
    message: ({ what, address, reason }) => `${what} cannot listen on ${address}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Choose an address of this machine and a port that this user may bind.',
  }),
  same_address: errorRow<{ first: string; second: string; address: string }>({
    message: ({ first, second, address }) => `Triggers ${first} and ${second} both want ${address}`,
    blame: 'user',
    retryable: false,
    help: 'Give one of them another port or path.',
  }),
  placement_refused: errorRow<{ trigger: string; reason: string }>({
    message: ({ trigger, reason }) => `Trigger ${trigger} cannot have placement: worker, because ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Use placement: auto or dispatched, or remove what stands against it.',
  }),
  trigger_failed: errorRow<{ trigger: string; reason: string }>({
    message: ({ trigger, reason }) => `Trigger ${trigger} failed: ${reason}`,
    blame: 'bug',
    retryable: true,
    help: 'Look at the log line of the trigger; it is started again by itself.',
  }),
  sink_failed: errorRow<{ sink: string; reason: string }>({
    message: ({ sink, reason }) => `Sink ${sink} failed: ${reason}`,
    blame: 'bug',
    retryable: true,
    help: 'Look at the log lines of the sink; it is opened again by itself.',
  }),
  unknown_call: errorRow<{ operation: string; triggers: string }>({
    message: ({ operation, triggers }) => `No trigger among ${triggers} handles the call ${operation}`,
    blame: 'user',
    retryable: false,
    help: 'Call it in a handler that a trigger of the right kind feeds.',
  }),
  function_path_missing: errorRow<{ path: string }>({
    message: ({ path }) => `There is no file or folder ${path}`,
    blame: 'user',
    retryable: false,
    help: 'Give the folder of a function, its function.yaml or its handler file.',
  }),
  function_path_unclear: errorRow<{ path: string; reason: string }>({
    message: ({ path, reason }) => `No function can be told from ${path}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Name the handler file or the yaml file itself, or add a function.yaml.',
  }),
})
