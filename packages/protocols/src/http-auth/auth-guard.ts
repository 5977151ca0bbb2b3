import type { Buffer } from 'node:buffer'
import { type Clock, systemClock } from '@pelton/core'
import { type DigestAlgorithm, digestResponse, quoteValue, readAlgorithm } from './digest.ts'
import type { AuthRequest, Credentials } from './http-auth.ts'
import { type Challenge, parseChallenges } from './parse-challenges.ts'

/** Whom a server lets in. */
export interface AuthGuardOptions extends Credentials {
  realm: string
  /** Offered in this order, one header each; default MD5 alone, which every RTSP client knows. */
  algorithms?: readonly DigestAlgorithm[] | undefined
  /** Ask for `qop=auth`; default false, since RTSP clients differ in it. Answers with it are always taken. */
  asksQuality?: boolean | undefined
  /** Default five minutes. An answer can be repeated as long by who overhears it. */
  nonceLifetimeMs?: number | undefined
  clock?: Clock | undefined
}

/** `stale`: right, but for a nonce that is too old. */
export type AuthVerdict = 'granted' | 'stale' | 'refused'

/** A server's side of Digest (RFC 7616, 2617, 2069). It keeps nothing for each client. */
export interface AuthGuard {
  /** Values for `WWW-Authenticate`, each a header of its own. */
  challenge(isStale?: boolean): string[]
  /** Judges the value of `Authorization`. */
  check(authorization: string | undefined, request: AuthRequest): AuthVerdict
}

const defaultLifetimeMs = 300_000
const longestAuthorization = 8_192

/** Lets one user in, by Digest. */
export function createAuthGuard(options: AuthGuardOptions): AuthGuard {
  const { realm, algorithms = ['MD5'], asksQuality = false, clock = systemClock } = options
  const { nonceLifetimeMs = defaultLifetimeMs } = options
  const nonces = createNonces(clock, nonceLifetimeMs)
  return {
    challenge(isStale = false) {
      const shared = `realm=${quoteValue(realm)}, nonce="${nonces.make()}"${isStale ? ', stale=true' : ''}`
      return algorithms.map(
        (algorithm) => `Digest ${shared}, algorithm=${algorithm}${asksQuality ? ', qop="auth"' : ''}`,
      )
    },
    check(authorization, request) {
      if (authorization === undefined || authorization.length > longestAuthorization) return 'refused'
      const [answer] = parseChallenges([authorization])
      if (answer?.scheme !== 'digest' || !isRight(answer, options, request)) return 'refused'
      return nonces.judge(answer.parameters.get('nonce') ?? '')
    },
  }
}

function isRight({ parameters }: Challenge, options: AuthGuardOptions, request: AuthRequest): boolean {
  const { username, password, realm, algorithms = ['MD5'] } = options
  const get = (name: string): string => parameters.get(name) ?? ''
  const algorithm = readAlgorithm(parameters.get('algorithm'))
  if (!algorithm || !algorithms.includes(algorithm.algorithm)) return false
  const uri = get('uri')
  if (get('realm') !== realm || !isAbout(uri, request.uri) || !isEqual(readUser(parameters), username)) return false
  const hasQuality = parameters.has('qop')
  if (hasQuality && (get('qop').toLowerCase() !== 'auth' || get('cnonce') === '')) return false
  const quality = hasQuality || algorithm.isSession ? { cnonce: get('cnonce'), count: get('nc') } : undefined
  const facts = { ...algorithm, username, password, realm, nonce: get('nonce'), method: request.method, uri }
  return isEqual(get('response').toLowerCase(), digestResponse({ ...facts, quality }))
}

/** Clients of RTSP prove themselves for the presentation when they ask for one of its streams. */
function isAbout(claimed: string, asked: string): boolean {
  const base = claimed.endsWith('/') ? claimed.slice(0, -1) : claimed
  return base !== '' && (asked === base || asked.startsWith(`${base}/`))
}

function readUser(parameters: ReadonlyMap<string, string>): string {
  const extended = /^utf-8'[^']*'(.*)$/i.exec(parameters.get('username*') ?? '')
  if (!extended) return parameters.get('username') ?? ''
  try {
    return decodeURIComponent(extended[1]!)
  } catch {
    // A stray `%`: a name that nobody has.
    return ''
  }
}

/** In a time that does not tell where they differ. */
function isEqual(given: string, expected: string): boolean {
  const { timingSafeEqual, createHash } = process.getBuiltinModule('node:crypto')
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(expected))
}

interface Nonces {
  make(): string
  judge(nonce: string): AuthVerdict
}

/** A nonce says when it was made, and proves that it was made here. */
function createNonces(clock: Clock, lifetimeMs: number): Nonces {
  const { createHmac, randomBytes } = process.getBuiltinModule('node:crypto')
  const secret = randomBytes(32)
  const sign = (time: string): string => createHmac('sha256', secret).update(time).digest('hex').slice(0, 32)
  return {
    make() {
      const time = Math.floor(clock.now()).toString(16).padStart(12, '0')
      return time + sign(time)
    },
    judge(nonce) {
      const time = nonce.slice(0, 12)
      // One of another server, or of this one before it was started anew.
      if (!isEqual(nonce.slice(12), sign(time))) return 'stale'
      return clock.now() - Number.parseInt(time, 16) <= lifetimeMs ? 'granted' : 'stale'
    },
  }
}
