import { Buffer } from 'node:buffer'
import { type Usable, chooseChallenge } from './choose-challenge.ts'
import { digestResponse, quoteValue } from './digest.ts'
import { parseChallenges } from './parse-challenges.ts'

/** Who asks. */
export interface Credentials {
  username: string
  password: string
}

/** What is asked: the method and the target as they stand in the request line. */
export interface AuthRequest {
  method: string
  uri: string
}

/** A client's side of Basic and Digest, for one server; for HTTP and RTSP alike. */
export interface HttpAuth {
  /**
   * The `Authorization` for a request. `challenges` are the values of `WWW-Authenticate` of the 401 that it got; empty
   * for a first attempt, which uses what an earlier challenge said. Undefined: send it without one, or, after a
   * challenge, give up.
   */
  answer(challenges: readonly string[], request: AuthRequest): string | undefined
}

/** How often in a row a server may call a nonce stale that it has just given. */
const mostStale = 3

interface Known {
  usable: Usable
  /** How often the nonce was used. */
  count: number
}

/** Answers challenges by the strongest scheme that it knows: Digest with SHA-256, with MD5 (RFC 7616, 2617, 2069), Basic (RFC 7617). */
export function createHttpAuth(credentials: Credentials, makeCnonce: () => string = randomCnonce): HttpAuth {
  let known: Known | undefined
  /** Answers to challenges since the last request that began without one. */
  let tries = 0
  return {
    answer(challenges, request) {
      if (challenges.length === 0) tries = 0
      else {
        const usable = chooseChallenge(parseChallenges(challenges))
        // A second refusal means that the credentials are wrong, unless it is for the nonce's age.
        const isHopeless = !usable || (tries > 0 && !usable.isStale) || tries > mostStale
        known = isHopeless ? undefined : { usable, count: 0 }
        tries += 1
      }
      return known && write(known, credentials, request, makeCnonce)
    },
  }
}

function write(known: Known, credentials: Credentials, request: AuthRequest, makeCnonce: () => string): string {
  const { usable } = known
  const { username, password } = credentials
  if (usable.scheme === 'basic') return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  known.count += 1
  const { realm, nonce, opaque, algorithmName, hasQuality, isSession } = usable
  const cnonce = hasQuality || isSession ? makeCnonce() : undefined
  const count = known.count.toString(16).padStart(8, '0')
  const quality = cnonce === undefined ? undefined : { cnonce, count }
  const parts = [
    writeUser(username),
    `realm=${quoteValue(realm)}`,
    `nonce=${quoteValue(nonce)}`,
    `uri=${quoteValue(request.uri)}`,
    `response="${digestResponse({ ...usable, username, password, ...request, quality })}"`,
  ]
  if (algorithmName !== undefined) parts.push(`algorithm=${algorithmName}`)
  if (opaque !== undefined) parts.push(`opaque=${quoteValue(opaque)}`)
  if (quality) parts.push('qop=auth', `nc=${count}`, `cnonce="${quality.cnonce}"`)
  return `Digest ${parts.join(', ')}`
}

/** A name beyond ASCII is written as RFC 8187 has it (RFC 7616 §3.4). */
function writeUser(username: string): string {
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quoteValue(username)}`
  const encoded = encodeURIComponent(username).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `username*=UTF-8''${encoded}`
}

function randomCnonce(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex')
}
