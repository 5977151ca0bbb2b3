import type { HeaderList } from '@pelton/core'
import { type HttpHead, type HttpRequest, type HttpResponse, parseQuery, textAnswer } from '@pelton/protocols/http'
import { multipartType } from '@pelton/protocols/mjpeg'
import type { FrameStream } from './frame-stream.ts'

/** Answers by its head a request that only asks what cannot be. */
export function answerMethod({ method }: HttpHead): HttpResponse | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined
  return refusal(405, 'streams are read by GET\n', ['Allow', 'GET, HEAD'])
}

/** The stream, its newest frame (`?snapshot`), or why there is neither. */
export function answerViewer(stream: FrameStream, request: HttpRequest): HttpResponse {
  if ('snapshot' in parseQuery(request.query)) return snapshot(stream)
  const head = { status: 200, headers: noCache, contentType: multipartType(stream.boundary), body: undefined }
  const { remoteAddress, method } = request
  if (method !== 'HEAD' && !stream.hasRoom) {
    stream.counts.tooMany += 1
    return refusal(503, 'there are too many viewers\n', ['Retry-After', '10'])
  }
  return { ...head, push: (writer) => stream.add(writer, remoteAddress, isBrowser(request)) }
}

const noCache: HeaderList = [['Cache-Control', 'no-cache']]

function snapshot({ latest }: FrameStream): HttpResponse {
  if (!latest) return refusal(503, 'there is no frame yet\n', ['Retry-After', '1'])
  return { status: 200, headers: noCache, contentType: 'image/jpeg', body: latest }
}

/** Chromium shows a frame when the next one begins; like all browsers it says which pictures it takes, and players do not. */
function isBrowser(head: HttpHead): boolean {
  return head.header('accept')?.includes('image/') ?? false
}

function refusal(status: number, text: string, header: [string, string]): HttpResponse {
  return { ...textAnswer(status, text), headers: [header, ...noCache] }
}
