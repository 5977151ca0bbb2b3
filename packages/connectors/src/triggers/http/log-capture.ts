import { type LogCapture, type LogLevel, type LogRecord, logLevels } from '@pelton/core'

/** A longer header would be refused by many proxies. */
const mostBytes = 4_096

/** Keeps what a handler logs for one event, up to what fits into the answer's header. */
export class HeaderLog implements LogCapture {
  readonly level: LogLevel
  readonly #name: string
  readonly #records: string[] = []
  #bytes = 2

  /** `word` is the request's wish; an unknown one is `debug`. */
  constructor(word: string, name: string) {
    const wanted = word.trim().toLowerCase() as LogLevel
    this.level = logLevels.includes(wanted) ? wanted : 'debug'
    this.#name = name
  }

  readonly write = (record: LogRecord): void => {
    if (this.#bytes >= mostBytes) return
    const text = asciiJson(record, this.#name)
    this.#bytes += text.length + (this.#records.length > 0 ? 1 : 0)
    if (this.#bytes < mostBytes) this.#records.push(text)
  }

  /** The JSON array for `X-Nuclio-Logs`, in ASCII; undefined when it has 4,096 bytes or more. */
  header(): string | undefined {
    return this.#bytes < mostBytes ? `[${this.#records.join(',')}]` : undefined
  }
}

function asciiJson({ time, level, message, facts }: LogRecord, name: string): string {
  const record = { ...facts, time, level, message, name }
  let text: string
  try {
    text = JSON.stringify(record)
  } catch {
    // Facts that JSON cannot hold (a cycle, a BigInt) are left out; the normal log has the record as well.
    text = JSON.stringify({ time, level, message, name })
  }
  return text.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
