import { errors } from '../errors.ts'

/** Where a server is, and which of its models is meant. */
export interface ModelAddress {
  /** Ends before `/v2`. */
  base: URL
  /** Undefined when the address names none. */
  model: string | undefined
  /** Empty: the server's choice. */
  version: string
}

const path =
  /^(?<prefix>.*?)\/v2(?:\/models(?:\/(?<name>[^/]+)(?:\/versions\/(?<version>[^/]+))?(?:\/(?:infer|ready|try))?)?)?$/
const expected = 'expected http://HOST:PORT/v2/models/NAME, or HOST:PORT with --model NAME'

/** Reads an address as it was typed; throws `wrong_usage`. */
export function readModelAddress(given: string, named: { model?: string; modelVersion?: string }): ModelAddress {
  const url = readUrl(given)
  const found = url.pathname === '/' ? undefined : path.exec(url.pathname.replace(/\/+$/, ''))?.groups
  if (url.pathname !== '/' && !found) throw wrong(`${shown(given)} has the path ${url.pathname}; ${expected}`)
  const model = choose('--model', named.model, decode(found?.['name'], given))
  const version = choose('--model-version', named.modelVersion, decode(found?.['version'], given))
  const base = new URL(url)
  base.pathname = found?.['prefix'] ?? ''
  base.hash = ''
  return { base, model, version: version ?? '' }
}

/** The address of a path of the protocol, such as `/v2/models`. */
export function addressOf({ base }: Pick<ModelAddress, 'base'>, below: string): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/$/, '')}${below}`
  return url
}

/** The path of the model: `/v2/models/NAME/versions/V`. */
export function modelPath(model: string, version: string): string {
  const versions = version === '' ? '' : `/versions/${encodeURIComponent(version)}`
  return `/v2/models/${encodeURIComponent(model)}${versions}`
}

/** An address for messages, without what is secret in it. */
export function showAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/$/, '')
}

function readUrl(given: string): URL {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(given)?.[1]?.toLowerCase()
  if (scheme === 'grpc' || scheme === 'grpcs') {
    throw wrong(`pelton infer speaks REST, no gRPC: ${expected}, got ${shown(given)}`)
  }
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') throw wrong(`${expected}, got ${shown(given)}`)
  const url = URL.parse(scheme === undefined ? `http://${given}` : given)
  if (url === null) throw wrong(`${expected}, got ${shown(given)}`)
  return url
}

function choose(flag: string, option: string | undefined, inPath: string | undefined): string | undefined {
  if (option !== undefined && inPath !== undefined && option !== inPath) {
    throw wrong(`${flag} is ${JSON.stringify(option)}, but the address names ${JSON.stringify(inPath)}`)
  }
  return option ?? inPath
}

function decode(text: string | undefined, given: string): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    // It throws for nothing else, and its message names neither place nor reason.
    throw wrong(`${shown(given)} has a percent sign that stands for no character`)
  }
}

/** Without a password. */
function shown(given: string): string {
  return given.replace(/\/\/[^/@]*@/, '//').slice(0, 200)
}

function wrong(reason: string): Error {
  return errors.wrong_usage({ reason })
}
