/** What a server wants to know (RFC 9110 §11.3), or what a client answers: they are written alike. */
export interface Challenge {
  /** In lower case. */
  scheme: string
  /** By lower-case names; of repeated ones the first. */
  parameters: ReadonlyMap<string, string>
}

/** What is beyond these is not read: no server needs as much. */
const most = { bytes: 16_384, challenges: 16, parameters: 32 } as const

const separators = /[,\s]*/y
/** A scheme or the name of a parameter; blanks around `=` are allowed. */
const word = /([!#$%&'*+.^_`|~\w-]+)(\s*=)?/y
const quoted = /\s*"((?:[^"\\]|\\.)*)"?/sy
const plain = /\s*([^\s,]*)/y
/** What `Negotiate` and others have instead of parameters. */
const token68 = /[ \t]+[\w.~+/-]+=*[ \t]*(?=,|$)/y

/**
 * Reads the values of `WWW-Authenticate`, several headers and several challenges in one (RFC 9110 §11.6.1), or one of
 * `Authorization`. Lenient: what cannot be read is left out, a quote that never ends reaches to the end.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  const found: Challenge[] = []
  let left: number = most.bytes
  for (const value of values) {
    readValue(value.slice(0, left), found)
    left -= value.length
    if (left <= 0) break
  }
  return found
}

function readValue(text: string, found: Challenge[]): void {
  let parameters: Map<string, string> | undefined
  let at = 0
  while (at < text.length) {
    matchAt(separators, text, at)
    at = separators.lastIndex
    const name = matchAt(word, text, at)
    // Something that stands for nothing: go on behind the next comma.
    if (!name) {
      at = afterComma(text, at)
      continue
    }
    at = word.lastIndex
    if (name[2] === undefined) {
      if (found.length === most.challenges) return
      parameters = new Map()
      found.push({ scheme: name[1]!.toLowerCase(), parameters })
      if (matchAt(token68, text, at)) at = token68.lastIndex
      continue
    }
    const value = readParameter(text, at)
    at = value.end
    if (parameters) keep(parameters, name[1]!.toLowerCase(), value.text)
  }
}

function keep(parameters: Map<string, string>, name: string, value: string): void {
  if (!parameters.has(name) && parameters.size < most.parameters) parameters.set(name, value)
}

function readParameter(text: string, at: number): { text: string; end: number } {
  const inQuotes = matchAt(quoted, text, at)
  if (inQuotes) return { text: inQuotes[1]!.replaceAll(/\\(.)/gs, '$1'), end: quoted.lastIndex }
  const value = matchAt(plain, text, at)
  return { text: value?.[1] ?? '', end: plain.lastIndex }
}

function afterComma(text: string, at: number): number {
  const comma = text.indexOf(',', at)
  return comma < 0 ? text.length : comma + 1
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
