import { parseDuration } from '@pelton/core'
import { errors } from '../errors.ts'
import type { CommandOption } from './command.ts'

/** A flag without a value. */
export function flag(flags: string, doc: string): CommandOption<boolean> {
  return { flags, doc, repeatable: false, read: (raw) => raw === true }
}

/** An option with a text. */
export function text(flags: string, doc: string): CommandOption<string> {
  return { flags, doc, repeatable: false, read: String }
}

/** An option that may be given more than once. */
export function texts(flags: string, doc: string): CommandOption<string[]> {
  return { flags, doc, repeatable: true, read: (raw) => (raw as unknown[]).map(String) }
}

/** A span of time with its unit, in milliseconds. */
export function duration(flags: string, doc: string): CommandOption<number> {
  const read = (raw: unknown): number => {
    const ms = parseDuration(String(raw))
    if (ms === undefined) throw unexpected(flags, String(raw), 'a duration such as 10s or 1m30s')
    return ms
  }
  return { flags, doc, repeatable: false, read }
}

/** Where the inspector listens, `host:port`: given as a port, an address with a port, or not at all. */
export function inspectAddress(flags: string, doc: string): CommandOption<string> {
  const read = (raw: unknown): string => {
    const given = raw === true ? '' : String(raw)
    if (given === '') return '127.0.0.1:9229'
    const at = given.lastIndexOf(':')
    const host = at < 0 ? '127.0.0.1' : given.slice(0, at)
    return `${host}:${readPort(flags, given.slice(at + 1))}`
  }
  return { flags, doc, repeatable: false, read }
}

/** A whole number from 0 to 65535, where 0 lets the system choose. */
export function port(flags: string, doc: string): CommandOption<number> {
  return { flags, doc, repeatable: false, read: (raw) => readPort(flags, String(raw)) }
}

/** A whole number from 1 on. */
export function whole(flags: string, doc: string): CommandOption<number> {
  const read = (raw: unknown): number => {
    if (!/^[1-9]\d{0,8}$/.test(String(raw))) throw unexpected(flags, String(raw), 'a whole number from 1 on')
    return Number(raw)
  }
  return { flags, doc, repeatable: false, read }
}

/** One of some words. */
export function choice<const T extends string>(flags: string, choices: readonly T[], doc: string): CommandOption<T> {
  const read = (raw: unknown): T => {
    const found = choices.find((word) => word === String(raw).toLowerCase())
    if (found === undefined) throw unexpected(flags, String(raw), `one of ${choices.join(', ')}`)
    return found
  }
  return { flags, doc: `${doc}: ${choices.join(', ')}`, repeatable: false, read }
}

/** The error of an option's value: what was given and what was expected. */
function unexpected(flags: string, given: string, expected: string): Error {
  const name = flags.split(/[ [=]/, 1)[0] ?? flags
  return errors.wrong_usage({ reason: `${name}: expected ${expected}, got ${JSON.stringify(given)}` })
}

function readPort(flags: string, given: string): number {
  const number = Number(given)
  if (!/^\d{1,5}$/.test(given) || number > 65535) throw unexpected(flags, given, 'a port from 0 to 65535')
  return number
}
