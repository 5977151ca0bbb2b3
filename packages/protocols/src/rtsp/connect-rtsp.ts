import { type PeltonError, systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import { type Credentials, type HttpAuth, createHttpAuth } from '../http-auth/index.ts'
import type { RtspClientEnd, RtspTransport } from './client-events.ts'
import { ClientLink } from './client-link.ts'
import type { ConnectRtspOptions } from './connect-options.ts'
import { openSocket } from './open-socket.ts'
import { type RtspTarget, isSameOrigin, readRtspUrl } from './rtsp-target.ts'

const defaultTimeoutMs = 10_000
const mostRedirects = 5
const mostChallenges = 2
const transportsOf: Record<ConnectRtspOptions['transport'], readonly RtspTransport[]> = {
  auto: ['tcp', 'udp'],
  tcp: ['tcp'],
  udp: ['udp', 'tcp'],
}

/**
 * Reads a stream until `signal` aborts (RFC 2326): resolves when it has left the server. Rejects with
 * `rtsp_url_invalid`, `rtsp_not_connected`, `rtsp_unauthorized`, `rtsp_refused`, `rtsp_medium_missing`, `rtsp_stalled`
 * or `rtsp_lost`; all but the first may be mended by trying again.
 */
export async function connectRtsp(options: ConnectRtspOptions): Promise<void> {
  let target = readRtspUrl(options.url)
  let auth = authFor(options.credentials ?? target.credentials)
  let transports = transportsOf[options.transport]
  let redirects = 0
  let challenges = 0
  /** The credentials belong to the server that redirected. */
  let isLeft = false
  for (;;) {
    const end = await connectOnce(target, { auth, transports, options })
    if (end.how === 'closed') return
    if (end.how === 'failed')
      throw isLeft && end.error.code === 'rtsp_unauthorized' ? askedElsewhere(target) : end.error
    if (end.how === 'silent') transports = end.transports
    else if (end.how === 'challenged') {
      challenges += 1
      if (challenges > mostChallenges) throw closedOn(target)
    } else {
      redirects += 1
      if (redirects > mostRedirects) {
        throw errors.rtsp_not_connected({ url: shown(target), reason: `more than ${mostRedirects} redirections` })
      }
      // Credentials are for who was meant to get them.
      if (!isSameOrigin(target, end.target)) {
        const own = authFor(end.target.credentials)
        isLeft = own === undefined && (isLeft || auth !== undefined)
        auth = own
      }
      target = end.target
    }
  }
}

/** A query may hold secrets. */
function shown({ uri }: RtspTarget): string {
  return uri.replace(/\?.*$/s, '')
}

function askedElsewhere(target: RtspTarget): PeltonError {
  const reason = 'it asks for credentials, which are not sent to where a redirection leads; make that the url'
  return errors.rtsp_unauthorized({ url: shown(target), reason })
}

function closedOn(target: RtspTarget): PeltonError {
  const reason = 'the server closes the connection instead of judging the credentials'
  return errors.rtsp_not_connected({ url: shown(target), reason })
}

function authFor(credentials: Credentials | undefined): HttpAuth | undefined {
  return credentials && createHttpAuth(credentials)
}

interface Attempt {
  auth: HttpAuth | undefined
  transports: readonly RtspTransport[]
  options: ConnectRtspOptions
}

async function connectOnce(target: RtspTarget, { auth, transports, options }: Attempt): Promise<RtspClientEnd> {
  const { clock = systemClock, signal, tls, timeoutMs = defaultTimeoutMs } = options
  const socket = await openSocket(target, { tls, timeoutMs, clock, signal })
  if (!socket) return { how: 'closed' }
  const { media, stallTimeoutMs = defaultTimeoutMs } = options
  const asked = { target, auth, media, transports, answerTimeoutMs: timeoutMs, stallTimeoutMs, silenceMs: 5_000 }
  return new ClientLink(socket, asked, { ...options, clock }).run()
}
