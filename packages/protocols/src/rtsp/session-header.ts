/** What a `Session` header says (RFC 2326 §12.37). */
export interface SessionFacts {
  id: string
  /** How long the server keeps it without a sign of life. */
  timeoutMs: number
}

const defaultTimeoutS = 60
/** What is shorter would keep us asking, what is longer saves nothing. */
const sensibleTimeoutS = { least: 5, most: 3_600 }

/** Reads one; undefined where there is no identifier. */
export function readSession(value: string | undefined): SessionFacts | undefined {
  const [id = '', ...parameters] = (value ?? '').split(';').map((part) => part.trim())
  if (id === '' || id.length > 512) return undefined
  const timeout = parameters.map((part) => /^timeout\s*=\s*"?(\d{1,9})/i.exec(part)?.[1]).find((digits) => digits)
  const seconds = timeout === undefined ? defaultTimeoutS : Number(timeout)
  const { least, most } = sensibleTimeoutS
  return { id, timeoutMs: Math.min(most, Math.max(least, seconds)) * 1000 }
}
