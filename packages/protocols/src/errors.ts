import { defineErrors, errorRow } from '@pelton/core'

/** What protocol code throws. */
export const errors = defineErrors({
  port_taken: errorRow<{ address: string }>({
    message: ({ address }) => `cannot listen on ${address}: the port is taken by another process`,
    blame: 'user',
    retryable: false,
    help: 'End the other process or configure another port; port 0 takes a free one.',
  }),
  port_denied: errorRow<{ address: string }>({
    message: ({ address }) => `cannot listen on ${address}: permission denied`,
    blame: 'user',
    retryable: false,
    help: 'Ports below 1024 need a privilege; configure a port from 1024 up.',
  }),
  address_unusable: errorRow<{ address: string; reason: string }>({
    message: ({ address, reason }) => `cannot listen on ${address}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Configure an address that this machine has, such as 127.0.0.1, or leave the host out for all interfaces.',
  }),
  path_taken: errorRow<{ address: string; path: string }>({
    message: ({ address, path }) =>
      path === '*'
        ? `two triggers serve ${address}, and both take every path`
        : `two triggers serve the path ${path} on ${address}`,
    blame: 'user',
    retryable: false,
    help: 'Give one of them another port or another path.',
  }),
  listener_differs: errorRow<{ address: string; key: string }>({
    message: ({ address, key }) => `two triggers share ${address} but differ in ${key}`,
    blame: 'user',
    retryable: false,
    help: 'What triggers share on one port must be configured alike; make the values equal or use another port.',
  }),
  tls_unreadable: errorRow<{ attribute: string; path: string; reason: string }>({
    message: ({ attribute, path, reason }) => `tls.${attribute} ${path} cannot be read: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give the path of a PEM file that the processor may read.',
  }),
  tls_invalid: errorRow<{ cert: string; key: string; reason: string }>({
    message: ({ cert, key, reason }) => `the certificate ${cert} with the key ${key} cannot be used: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Both must be PEM, and the key must be the one of the certificate, without a passphrase.',
  }),
  authorities_invalid: errorRow<{ path: string; reason: string }>({
    message: ({ path, reason }) => `tls.ca ${path} holds no certificate: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give the path of a PEM file with the certificates to trust.',
  }),
  mjpeg_boundary_missing: errorRow<{ boundary: string; bytes: number }>({
    message: ({ boundary, bytes }) =>
      boundary === ''
        ? `no line that begins with two hyphens came in ${bytes} bytes of a multipart stream that names no boundary`
        : `the boundary "${boundary}" of a multipart stream did not come in ${bytes} bytes`,
    blame: 'upstream',
    retryable: true,
    help: 'Look at the stream with `curl -N URL`: its content type must name the boundary that stands between the pictures.',
  }),
  worker_lost: errorRow<{ worker: string; how: string }>({
    message: ({ worker, how }) => `Worker ${worker} ${how}`,
    blame: 'user',
    retryable: true,
    help: 'Look in the log for what the handler did last; isolation: process keeps native crashes apart.',
  }),
  worker_not_startable: errorRow<{ worker: string; reason: string }>({
    message: ({ worker, reason }) => `Worker ${worker} cannot be started: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Often NODE_OPTIONS of spec.env or of the shell has a flag that a worker cannot take.',
  }),
  worker_not_started: errorRow<{ worker: string; how: string }>({
    message: ({ worker, how }) => `Worker ${worker} ${how} before it was ready`,
    blame: 'user',
    retryable: false,
    help: 'Look at what the handler does when it is loaded: it must not end its process.',
  }),
  worker_start_cancelled: errorRow<{ worker: string }>({
    message: ({ worker }) => `The start of worker ${worker} was cancelled`,
    blame: 'user',
    retryable: true,
    help: 'Nothing to mend: it was no longer wanted, or took longer than allowed.',
  }),
  worker_stopping: errorRow<{ worker: string }>({
    message: ({ worker }) => `Worker ${worker} is stopping and takes no more events`,
    blame: 'bug',
    retryable: true,
    help: 'Send the event to another worker.',
    status: 503,
  }),
  host_not_startable: errorRow<{ worker: string; reason: string }>({
    message: ({ worker, reason }) => `The process of worker ${worker} cannot be started: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Look at spec.env and the command: neither may hold a NUL character.',
  }),
  event_recalled: errorRow<{ worker: string }>({
    message: ({ worker }) => `The event was taken back from worker ${worker}, which had not begun it`,
    blame: 'bug',
    retryable: true,
    help: 'Nothing to mend: it goes to another worker.',
    status: 503,
  }),
  worker_full: errorRow<{ worker: string; slots: number }>({
    message: ({ worker, slots }) => `Worker ${worker} was given more than ${slots} events at a time`,
    blame: 'bug',
    retryable: true,
    help: 'Please report this with the log around it.',
    status: 503,
  }),
  wire_broken: errorRow<{ worker: string; reason: string }>({
    message: ({ worker, reason }) => `Worker ${worker} sent what the worker wire does not allow: ${reason}`,
    blame: 'user',
    retryable: true,
    help: 'Only the wrapper may write to its end of the wire; see docs/worker-wire.md.',
  }),
  handler_not_loaded: errorRow<{ reason: string }>({
    message: ({ reason }) => `The handler could not be loaded: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Mend what the reason says; `pelton invoke` loads the handler without any trigger.',
  }),
  event_unsendable: errorRow<{ reason: string }>({
    message: ({ reason }) => `The event cannot be sent to a worker: ${reason}`,
    blame: 'bug',
    retryable: false,
    help: 'event.extra and event.fields must be JSON, or bytes.',
  }),
  event_too_large: errorRow<{ bytes: number; limit: number }>({
    message: ({ bytes, limit }) => `An event of ${bytes} bytes is more than the ${limit} that a worker takes`,
    blame: 'upstream',
    retryable: false,
    help: 'Send less at a time, or a reference to where the data is.',
    status: 413,
  }),
  response_too_large: errorRow<{ bytes: number; limit: number }>({
    message: ({ bytes, limit }) => `A response of ${bytes} bytes is more than the ${limit} that a worker sends at once`,
    blame: 'user',
    retryable: false,
    help: 'Answer with a stream.',
  }),
  response_unsendable: errorRow<{ reason: string }>({
    message: ({ reason }) => `The response cannot be sent from the worker: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'What a handler side puts into the response must be JSON, or bytes.',
  }),
  body_broken: errorRow<{ reason: string }>({
    message: ({ reason }) => `The body broke off: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'The log has what the handler threw while it produced the body.',
  }),
  call_failed: errorRow<{ operation: string; reason: string }>({
    message: ({ operation, reason }) => `The call ${operation} failed: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'The reason is what the trigger said; see its documentation.',
  }),
  call_timed_out: errorRow<{ operation: string; deadlineMs: number }>({
    message: ({ operation, deadlineMs }) => `The call ${operation} had no result within ${deadlineMs} ms`,
    blame: 'upstream',
    retryable: true,
    help: 'The trigger or its source is slow or stuck.',
    status: 504,
  }),
  call_too_large: errorRow<{ operation: string; limit: number }>({
    message: ({ operation, limit }) => `The call ${operation} carries more than ${limit} bytes`,
    blame: 'user',
    retryable: false,
    help: 'Send less at a time.',
  }),
  too_many_calls: errorRow<{ operation: string; limit: number }>({
    message: ({ operation, limit }) => `The call ${operation} is one more than ${limit} at a time`,
    blame: 'user',
    retryable: true,
    help: 'Await the calls of a handler before making more.',
    status: 503,
  }),
  websocket_not_connectable: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `Cannot connect to ${url}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give a URL such as wss://host:port/path, and headers and subprotocols that HTTP allows.',
  }),
  websocket_not_connected: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `No WebSocket connection to ${url}: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'Look whether the server runs there, speaks WebSocket at this path and lets this client in.',
  }),
  rtsp_url_invalid: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `${url} is nothing to read from: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give a URL such as rtsp://host:554/path; percent-encode what is special in a user or password.',
  }),
  rtsp_not_connected: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `No stream from ${url}: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'Look whether the source runs, speaks RTSP on this port and can be reached from here.',
  }),
  rtsp_refused: errorRow<{ url: string; method: string; answer: string }>({
    message: ({ url, method, answer }) => `${url} answered ${method} by ${answer}`,
    blame: 'upstream',
    retryable: true,
    help: 'Look whether the path is right, and how many readers and which transports the source allows.',
  }),
  rtsp_unauthorized: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `${url} lets nobody in: ${reason}`,
    blame: 'user',
    retryable: true,
    help: 'Give the username and password of the source.',
  }),
  rtsp_medium_missing: errorRow<{ url: string; media: string; offered: string }>({
    message: ({ url, media, offered }) => `${url} has no ${media} that can be read; it offers ${offered}`,
    blame: 'user',
    retryable: true,
    help: 'Choose another media_type or another stream of the source, or let it send another codec.',
  }),
  rtsp_stalled: errorRow<{ url: string; ms: number }>({
    message: ({ url, ms }) => `${url} has sent nothing for ${ms} ms`,
    blame: 'upstream',
    retryable: true,
    help: 'Look at the source and the network; with transport udp, whether a firewall lets its packets in.',
  }),
  rtsp_lost: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `The stream of ${url} broke off: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'Look at the source and the network between.',
  }),
})
