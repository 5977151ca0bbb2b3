import type { Buffer } from 'node:buffer'
import { type RtspRequest, headerOf } from './rtsp-message.ts'
import { writeResponse } from './write-message.ts'

/** What a client answers to a server's request. */
export interface ServerAnswer {
  bytes: Buffer
  /** Why the stream cannot go on; undefined when it can. */
  meaning?: string
  /** Where to go on. */
  location?: string
}

/** Answers what servers ask of clients (RFC 2326 §10): signs of life, redirections, another description. */
export function answerServer(request: RtspRequest): ServerAnswer {
  const headers = [
    ['CSeq', headerOf(request, 'cseq')],
    ['Session', headerOf(request, 'session')?.split(';')[0]],
  ] as const
  const ok = writeResponse(200, headers)
  const location = headerOf(request, 'location')
  switch (request.method.toUpperCase()) {
    case 'OPTIONS':
    case 'GET_PARAMETER':
    case 'SET_PARAMETER':
      return { bytes: ok }
    case 'REDIRECT':
      return { bytes: ok, meaning: 'the server sends us away', ...(location === undefined ? {} : { location }) }
    case 'ANNOUNCE':
      return { bytes: ok, meaning: 'the server announces another description' }
    case 'TEARDOWN':
      return { bytes: ok, meaning: 'the server ends the session' }
    default:
      return { bytes: writeResponse(501, headers) }
  }
}
