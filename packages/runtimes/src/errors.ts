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
  result_missing: errorRow<{ eventId: string }>({
    message: ({ eventId }) => `the handler gave no result for event ${eventId} of its batch`,
    blame: 'user',
    retryable: false,
    help: 'Return a list with a result for each event, in the order of the events, or results with eventId.',
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
  handler_side_failed: errorRow<{ member: string; module: string; reason: string }>({
    message: ({ member, module, reason }) => `context.${member} cannot be made by ${module}: ${reason}`,
    blame: 'bug',
    retryable: false,
    help: 'The trigger that brings this member is not installed as it should be; install Pelton again, or report it.',
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
  resident_not_hosted: errorRow<{ module: string }>({
    message: ({ module }) => `A process cannot host the trigger of ${module}`,
    blame: 'bug',
    retryable: false,
    help: 'Set placement: dispatched, or isolation: thread.',
  }),
  python_missing: errorRow<{ tried: readonly string[] }>({
    message: ({ tried }) => `no Python interpreter was found: tried ${tried.join(', ')}`,
    blame: 'user',
    retryable: false,
    help: 'Install Python 3.9 or newer, or name an interpreter in PELTON_PYTHON.',
  }),
  python_too_old: errorRow<{ python: string; version: string }>({
    message: ({ python, version }) => `Python ${version} of ${python} is too old: functions need 3.9 or newer`,
    blame: 'user',
    retryable: false,
    help: 'Name a newer one in spec.runtime, as python:3.11, or by PELTON_PYTHON.',
  }),
  python_not_ready: errorRow<{ reason: string; python: string }>({
    message: ({ reason, python }) => `${reason}; its interpreter is ${python}`,
    blame: 'user',
    retryable: false,
    help: 'Look at its output in the log: the handler must not end its process, and the interpreter must be one.',
  }),
  install_failed: errorRow<{ what: string; how: string; lines: readonly string[] }>({
    message: ({ what, how, lines }) => [`${what} ${how}`, ...lines].join('\n  '),
    blame: 'user',
    retryable: false,
    help: 'Mend what the last lines name, such as a package or version that does not exist, and call it again.',
  }),
  command_missing: errorRow<{ command: string; folders: readonly string[]; path: string }>({
    message: ({ command, folders, path }) =>
      `${command} is neither a file in ${folders.join(' or ')} nor a command on the PATH ${path}`,
    blame: 'user',
    retryable: false,
    help: 'Name a file of the function or an installed command in spec.handler; spec.env can set PATH.',
  }),
  interpreter_missing: errorRow<{ file: string; interpreter: string }>({
    message: ({ file, interpreter }) => `${file} is to be run by ${interpreter}, which is not there`,
    blame: 'user',
    retryable: false,
    help: 'Install that interpreter, or mend the first line of the file.',
  }),
  response_headers_invalid: errorRow<{ reason: string }>({
    message: ({ reason }) => `spec.runtimeAttributes.responseHeaders cannot be sent: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give names of letters, digits and dashes, and values in one line of Latin characters.',
  }),
  output_pipe_missing: errorRow<{ reason: string }>({
    message: ({ reason }) => `no pipe can be made for what commands print: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'The folder for temporary files (TMPDIR) must be writable, and mkfifo on the PATH.',
  }),
  command_not_started: errorRow<{ command: string; reason: string }>({
    message: ({ command, reason }) => `${command} cannot be started: ${reason}`,
    blame: 'user',
    retryable: true,
    help: 'The reason is the system’s: a file that was removed, no room for processes or temporary files, or too long arguments.',
  }),
  command_cut_off: errorRow<{ command: string; reason: string }>({
    message: ({ command, reason }) => `${command} was ended before it was done: ${reason}`,
    blame: 'user',
    retryable: true,
    help: 'Make it faster, or raise spec.eventTimeout or spec.terminationGracePeriod.',
  }),
  output_too_large: errorRow<{ command: string; maxBytes: number }>({
    message: ({ command, maxBytes }) => `${command} printed more than ${maxBytes} bytes and was ended`,
    blame: 'user',
    retryable: false,
    help: 'Print less; large results belong into a file or a store.',
  }),
  host_not_named: errorRow<{ folder: string }>({
    message: ({ folder }) => `nothing says which program hosts the function of ${folder}`,
    blame: 'user',
    retryable: false,
    help: 'Give spec.runtimeAttributes.command, as [perl, host.pl], or a program in spec.handler.',
  }),
  host_not_started: errorRow<{ command: string; reason: string; lines: readonly string[] }>({
    message: ({ command, reason, lines }) => [`${command}: ${reason}`, ...lines].join('\n  '),
    blame: 'user',
    retryable: false,
    help: 'Mend what its last lines say; a program that hosts a function speaks the worker wire: docs/worker-wire.md.',
  }),
  host_not_ready: errorRow<{ command: string; timeoutMs: number; lines: readonly string[] }>({
    message: ({ command, timeoutMs, lines }) =>
      [`${command} did not say that it is ready within ${timeoutMs} ms`, ...lines].join('\n  '),
    blame: 'user',
    retryable: false,
    help: 'It must answer the frame start on descriptor 3 (docs/worker-wire.md); raise runtimeAttributes.startTimeout for a slow one.',
  }),
  onnxruntime_missing: errorRow<{ folder: string }>({
    message: ({ folder }) => `onnxruntime-node, which runs ONNX models, is not installed for ${folder}`,
    blame: 'user',
    retryable: false,
    help: 'Run `npm install onnxruntime-node` in the folder of the function, or where Pelton is installed.',
  }),
  onnxruntime_not_loaded: errorRow<{ module: string; reason: string }>({
    message: ({ module, reason }) => `ONNX Runtime cannot be loaded from ${module}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'It needs 1.23 or newer, and this system and processor among those that its package has: see npmjs.com/package/onnxruntime-node.',
  }),
  provider_missing: errorRow<{ provider: string; reason: string; known: readonly string[] }>({
    message: ({ provider, reason, known }) =>
      `the execution provider ${provider} cannot be used: ${reason}; this ONNX Runtime knows ${known.join(', ')}`,
    blame: 'user',
    retryable: false,
    help: 'Name another one in spec.runtimeAttributes.executionProviders (cpu is always there), or install what it needs and its drivers.',
  }),
  model_not_loaded: errorRow<{ file: string; reason: string; way: string }>({
    message: ({ file, reason, way }) => `${file} cannot be served as a model: ${reason}; ${way}`,
    blame: 'user',
    retryable: false,
    help: 'The handler of this runtime is an ONNX file, or a folder with NAME.onnx files or NAME/VERSION/model.onnx.',
  }),
  inference_given_up: errorRow<{ eventId: string }>({
    message: ({ eventId }) => `event ${eventId} was given up before its model ran`,
    blame: 'upstream',
    retryable: true,
    help: 'The caller left or the time was over while it waited: more workers (numWorkers) or batches (maxBatchSize) take more at a time.',
    status: 503,
  }),
})
