import { defineErrors, errorRow } from '@pelton/core'

/** Everything that a runtime raises. */
export const errors = defineErrors({
  handler_failed: errorRow<{ text: string }>({
    // What the caller may see: a generic text, or the handler's own with `exposeErrors`.
    message: ({ text }) => text,
    blame: 'user',
    retryable: false,
    help: 'The stack is in the log, with the event id. Set spec.exposeErrors to show the text to callers.',
  }),
  result_unreadable: errorRow<{ reason: string }>({
    message: ({ reason }) => `the handler's result cannot be sent: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Return text, bytes, a stream, [status, body], { status, headers, contentType, body } or a value that JSON can hold.',
  }),
  stream_broken: errorRow<{ reason: string }>({
    message: ({ reason }) => `the handler's stream broke off: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Catch errors inside the generator or stream; every chunk must be text or bytes.',
  }),
  stream_left: errorRow<{ eventId: string }>({
    message: ({ eventId }) => `nobody reads the stream of event ${eventId} any more`,
    blame: 'upstream',
    retryable: false,
    help: 'The caller left or the time was over; event.signal tells the handler.',
  }),
  handler_name_invalid: errorRow<{ handler: string }>({
    message: ({ handler }) => `handler "${handler}" is not of the form file:export`,
    blame: 'user',
    retryable: false,
    help: 'Write spec.handler as export, file:export or file, for example main:handler.',
  }),
  handler_file_missing: errorRow<{ folder: string; tried: readonly string[] }>({
    message: ({ folder, tried }) => `no handler file in ${folder}: tried ${tried.join(', ')}`,
    blame: 'user',
    retryable: false,
    help: 'Name the file in spec.handler as file:export, or create one of the files tried.',
  }),
  handler_export_missing: errorRow<{ file: string; name: string; exports: readonly string[] }>({
    message: ({ file, name, exports }) =>
      `${file} exports no function "${name}": ${exports.length > 0 ? `it exports ${exports.join(', ')}` : 'it exports nothing'}`,
    blame: 'user',
    retryable: false,
    help: 'Export the handler by that name, or name another export in spec.handler as file:export.',
  }),
  handler_syntax_error: errorRow<{ place: string; reason: string; source: string }>({
    message: ({ place, reason, source }) => `${place}: ${reason}${source === '' ? '' : `\n  ${source}`}`,
    blame: 'user',
    retryable: false,
    help: 'Mend the syntax at that place.',
  }),
  handler_syntax_unsupported: errorRow<{ place: string; what: string; way: string }>({
    message: ({ place, what, way }) => `${place}: ${what} cannot run as it is; ${way}`,
    blame: 'user',
    retryable: false,
    help: 'Compile the file to JavaScript first, or write it without that syntax.',
  }),
  handler_import_missing: errorRow<{ specifier: string; importer: string }>({
    message: ({ specifier, importer }) => `${importer} imports "${specifier}", which cannot be found`,
    blame: 'user',
    retryable: false,
    help: 'Install the package in the folder of the function (npm install), or mend the path.',
  }),
  handler_load_failed: errorRow<{ file: string; reason: string }>({
    message: ({ file, reason }) => `${file} failed while it was loaded: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'The stack is in the log. Mend what the file does when it is imported.',
  }),
  init_context_failed: errorRow<{ file: string; reason: string }>({
    message: ({ file, reason }) => `initContext of ${file} failed: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'The stack is in the log. Mend what initContext does, such as a connection that is refused.',
  }),
  function_unreachable: errorRow<{ name: string; url: string; reason: string }>({
    message: ({ name, url, reason }) => `function ${name} at ${url} cannot be called: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'Start that function, or set its address with --function name=URL or PELTON_FUNCTION_<NAME>_URL.',
    status: 502,
  }),
  function_call_timeout: errorRow<{ name: string; url: string; timeoutMs: number }>({
    message: ({ name, url, timeoutMs }) => `function ${name} at ${url} did not answer within ${timeoutMs} ms`,
    blame: 'upstream',
    retryable: true,
    help: 'Give the call a longer timeoutMs, or make the called function faster.',
    status: 504,
  }),
  function_reply_too_large: errorRow<{ name: string; url: string; maxBytes: number }>({
    message: ({ name, url, maxBytes }) => `function ${name} at ${url} answered with more than ${maxBytes} bytes`,
    blame: 'upstream',
    retryable: false,
    help: 'Let the called function answer with less, or fetch large results by a stream of your own.',
    status: 502,
  }),
  worker_not_startable: errorRow<{ worker: string; reason: string }>({
    message: ({ worker, reason }) => `Worker ${worker} cannot be started: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Often NODE_OPTIONS of spec.env or of the shell has a flag that a worker cannot take.',
  }),
  resident_not_hosted: errorRow<{ module: string }>({
    message: ({ module }) => `A process cannot host the trigger of ${module}`,
    blame: 'bug',
    retryable: false,
    help: 'Set placement: dispatched, or isolation: thread.',
  }),
})
