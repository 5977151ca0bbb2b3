import { oneOf, quote } from '@pelton/core'
import type { BodyMode, HeaderMode, ModeOverride } from '@pelton/protocols/ext-proc'
import { jsonText } from './body-content.ts'
import { kindOf, unknown } from './check-options.ts'
import { isToken } from './header-lines.ts'

// They and spaces would end a request line.
const endsPath = /[\0-\x20\x7f]/
const bodyModes = ['NONE', 'STREAMED', 'BUFFERED', 'BUFFERED_PARTIAL', 'FULL_DUPLEX_STREAMED'] satisfies BodyMode[]
const headerModes = ['SEND', 'SKIP'] satisfies HeaderMode[]
const modes: Record<keyof ModeOverride, readonly string[]> = {
  requestBody: bodyModes,
  responseBody: bodyModes,
  responseHeaders: headerModes,
  requestTrailers: headerModes,
  responseTrailers: headerModes,
}
const modeNames: ReadonlySet<string> = new Set(Object.keys(modes))

/** The path with its query, or `*` (RFC 9110 §7.1). Throws `TypeError`. */
export function checkedPath(path: unknown): string {
  if (typeof path !== 'string') throw new TypeError(`proceed: path must be text, not ${kindOf(path)}`)
  if (!path.startsWith('/') && path !== '*')
    throw new TypeError(`proceed: path ${quote(path, 100)} does not begin with "/", nor is it "*"`)
  if (endsPath.test(path))
    throw new TypeError(`proceed: path ${quote(path, 100)} has a space or control character; encode it (encodeURI)`)
  return path
}

/** A method (RFC 9110 §9.1). Throws `TypeError`. */
export function checkedMethod(method: unknown): string {
  if (typeof method !== 'string') throw new TypeError(`proceed: method must be text, not ${kindOf(method)}`)
  if (!isToken(method)) throw new TypeError(`proceed: method ${quote(method, 100)} is no method`)
  return method
}

/** A final status. Throws `TypeError`. */
export function checkedStatus(call: string, status: unknown): number {
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status
  const given = typeof status === 'number' ? String(status) : kindOf(status)
  throw new TypeError(`${call}: status must be an integer from 200 to 599, not ${given}`)
}

/** Dynamic metadata by namespace, as JSON has it. Throws `TypeError`. */
export function metadataCopy(metadata: unknown): Record<string, unknown> {
  if (!isObject(metadata))
    throw new TypeError(`proceed: metadata must be an object of objects, not ${kindOf(metadata)}`)
  const copy = JSON.parse(jsonText('proceed: metadata', metadata)) as Record<string, unknown>
  for (const [namespace, values] of Object.entries(copy)) {
    if (!isObject(values))
      throw new TypeError(`proceed: metadata[${quote(namespace, 100)}] must be an object, not ${kindOf(values)}`)
  }
  return copy
}

/** What the proxy is to send of the rest. Throws `TypeError`. */
export function modeCopy(given: unknown): ModeOverride {
  if (!isObject(given)) throw new TypeError(`proceed: modeOverride must be an object, not ${kindOf(given)}`)
  const override: Record<string, unknown> = {}
  for (const [name, mode] of Object.entries(given)) {
    if (!modeNames.has(name)) throw unknown('proceed: modeOverride has no', name, modeNames)
    if (mode === undefined) continue
    const known = modes[name as keyof ModeOverride]
    if (!known.includes(mode as string)) {
      const shown = typeof mode === 'string' ? quote(mode, 100) : kindOf(mode)
      throw new TypeError(`proceed: modeOverride.${name} must be ${oneOf(known)}, not ${shown}`)
    }
    override[name] = mode
  }
  return override
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
