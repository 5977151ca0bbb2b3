import { logLevels } from '@pelton/core'
import { type LogFormat, createLogWriter } from '../log/log-writer.ts'
import { describeRecord } from '../report-error.ts'
import { defineCommand } from './command.ts'
import { functionOptions, functionRequest, pathArgument } from './function-options.ts'
import { choice, duration, flag, inspectAddress, port, text } from './options.ts'

const logFormats = ['pretty', 'json'] as const

/** `pelton run`: the processor with one function. */
export const runCommand = defineCommand({
  name: 'run',
  summary: 'Run a function until a signal stops it, or its job is done',
  arguments: [pathArgument],
  options: {
    ...functionOptions,
    port: port('--port <number>', 'port of the only or first http trigger; 0 takes a free one'),
    host: text('--host <address>', 'address of the only or first http trigger'),
    body: text('--body <text>', "body of the job's event: a text, @FILE, or - for standard input"),
    eventFile: text('--event-file <file>', "the job's event as JSON: body, headers, path, method, fields; or -"),
    output: text('--output <file>', "where the body of the job's answer goes; - is standard output"),
    watch: flag('--watch', 'follow edits: new workers warm up, then take over; a broken edit changes nothing'),
    install: flag('--install', 'first install what the function needs: its requirements.txt, into .venv'),
    inspect: inspectAddress('--inspect [port]', 'open the debugger (default: 9229): one worker, no time limits'),
    logLevel: choice('--log-level <level>', logLevels, 'lowest level to log'),
    logFormat: choice('--log-format <format>', logFormats, 'default pretty on a terminal, else json'),
    grace: duration(
      '--grace <duration>',
      'most time from the first signal to the end, such as 10s; wins over the file',
    ),
  },
  examples: [
    { line: 'pelton run', doc: 'the function of the current folder' },
    { line: 'pelton run handler.ts --watch', doc: 'a handler alone, on http://127.0.0.1:8080' },
    { line: 'pelton run hello --port 9000 --log-level debug', doc: 'another port, every log line' },
    { line: 'pelton run hello --set spec.triggers.http.numWorkers=4', doc: 'change one key of the file' },
    { line: 'pelton run hello --function store=http://127.0.0.1:9001', doc: 'where callFunction("store") goes' },
    { line: 'pelton run --install', doc: 'a Python function with its requirements.txt' },
    { line: 'pelton run report --body @day.csv --output report.json', doc: 'a job with an input and a result' },
    { line: 'pelton run --config processor.yaml', doc: "the file of nuclio's processor" },
  ],
  notes: [
    'SIGTERM and SIGINT drain and stop; a second signal ends at once with 128 plus its number.',
    'A function whose triggers are jobs ends with them: with 0 when each was answered 2xx, else with 1.',
    'Logs and the start screen go to stderr, stdout has nothing but results.',
  ],
  async run({ arguments: [path], options, terminal }) {
    const format: LogFormat = options.logFormat ?? (terminal.isInteractive ? 'pretty' : 'json')
    const request = functionRequest(path, options, terminal)
    try {
      const { runFunction } = await import('../run/run-function.ts')
      return await runFunction({ ...options, request, format, terminal })
    } catch (error) {
      if (format === 'pretty') throw error
      // Whoever collects JSON lines gets the reason as one, too.
      const { facts, message, exitCode } = describeRecord(error, options.logLevel === 'debug')
      const log = createLogWriter({ output: terminal.errors, format, level: 'debug', paint: terminal.paint })
      log.write({ time: Date.now(), level: 'error', message, facts })
      return exitCode
    }
  },
})
