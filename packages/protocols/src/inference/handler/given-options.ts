import { quote } from '@pelton/core'
import type { TensorsOptions } from '@pelton/sdk'
import { jsonText, kindOf } from './element-text.ts'

/** Parameters as JSON. Throws `TypeError` that begins with `where` for what the protocol does not allow as one. */
export function parametersText(parameters: NonNullable<TensorsOptions['parameters']>, where: string): string {
  checkObject(`${where}: parameters must be an object`, parameters)
  const members = Object.entries(parameters).map(([name, value]) => {
    if (!isParameter(value))
      throw new TypeError(
        `${where}: the parameter ${quote(name, 100)} must be text, a finite number, true or false, not ${kindOf(value)}`,
      )
    return `${JSON.stringify(name)}:${jsonText(value)}`
  })
  return `{${members.join(',')}}`
}

function isParameter(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : ['string', 'bigint', 'boolean'].includes(typeof value)
}

/** Throws `TypeError` unless it is an object with these members alone. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  checkObject(`${where} takes an object of options`, options)
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`${where} has no option ${quote(name, 100)}; it has ${known.join(', ')}`)
  }
}

/** Throws `TypeError` that begins with `what` unless the value is an object of named members. */
export function checkObject(what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) return
  throw new TypeError(`${what}, not ${kindOf(value)}`)
}
