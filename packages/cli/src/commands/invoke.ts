import { logLevels } from '@pelton/core'
import { defineCommand } from './command.ts'
import { functionOptions, functionRequest, pathArgument } from './function-options.ts'
import { choice, inspectAddress, text, texts } from './options.ts'

/** `pelton invoke`: the handler once, without a network. */
export const invokeCommand = defineCommand({
  name: 'invoke',
  summary: 'Run the handler once and print what it answers; binds nothing',
  arguments: [pathArgument],
  options: {
    ...functionOptions,
    body: text('--body <text>', 'the body: a text, @FILE, or - for standard input'),
    header: texts('--header <name: value>', 'a header of the event'),
    method: text('--method <name>', 'default POST with a body, else GET'),
    path: text('--path <path>', 'path of the event with its query (default: /)'),
    contentType: text('--content-type <type>', 'wins over a Content-Type header (default: text/plain)'),
    inspect: inspectAddress('--inspect [port]', 'open the debugger (default: 9229): no time limits'),
    logLevel: choice('--log-level <level>', logLevels, 'lowest level to log'),
  },
  examples: [
    { line: 'pelton invoke hello --body Ada', doc: 'the response body on stdout, all else on stderr' },
    { line: 'pelton invoke hello --body @order.json --content-type application/json', doc: 'a file as the body' },
    { line: "pelton invoke hello --method GET --path '/notes?limit=3' --header 'X-User: 7'", doc: 'a whole request' },
  ],
  notes: [
    'Exits with 0 when the handler answered with a status below 400, else with 1; with 130 when it goes on two seconds after Ctrl+C.',
  ],
  async run({ arguments: [path], options, terminal }) {
    const { invokeFunction } = await import('../run/invoke-function.ts')
    const request = functionRequest(path, options, terminal)
    return invokeFunction({ ...options, request, terminal })
  },
})
