/** The two parts of a `handler` setting; an empty part stands for the runtime's default. */
export interface HandlerName {
  /** File or module, with or without its ending. */
  module: string
  /** Exported name. */
  entry: string
}

/** Reads `entry` or `module:entry`; undefined when there is more than one colon. */
export function parseHandler(handler: string): HandlerName | undefined {
  const parts = handler.trim().split(':')
  if (parts.length > 2) return undefined
  const [first = '', second] = parts
  return second === undefined ? { module: '', entry: first } : { module: first, entry: second }
}
