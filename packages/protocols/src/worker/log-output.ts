import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { LogLevel, WorkerHooks } from '@pelton/core'

/** Longest line; more of it is cut into several. */
const maxLineLength = 16 * 1024

/** Turns what still comes out of a worker (native code, fatal errors, debugger notes) into log records, line by line. */
export function logOutput(
  stream: Readable,
  level: LogLevel,
  options: { log: WorkerHooks['log']; worker: number },
): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const write = (line: string): void => {
    for (let at = 0; at < line.length; at += maxLineLength) {
      const message = line.slice(at, at + maxLineLength).trimEnd()
      if (message !== '') options.log({ time: Date.now(), level, message, worker: options.worker })
    }
  }
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) write(line)
    while (rest.length > maxLineLength) {
      write(rest.slice(0, maxLineLength))
      rest = rest.slice(maxLineLength)
    }
  })
  stream.on('end', () => write(rest + decoder.end()))
  // A pipe that breaks has nothing more to say.
  stream.on('error', () => undefined)
}
