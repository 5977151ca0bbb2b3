import { type GrpcStatus, grpcCode } from './grpc-service.ts'
import { parseTimeout } from './grpc-timeout.ts'
import type { MethodTable } from './method-table.ts'
import { type CallDesk, ServerCall } from './server-call.ts'
import { statusTrailers } from './status-trailers.ts'
import type { OnStream, TransportListener, TransportStream } from '../http2/transport.ts'

const deaf: TransportListener = {
  data: () => undefined,
  ended: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
}

/** Makes calls of streams that peers open; what is no call of a known method is answered at once. */
export function createAdmission(desk: CallDesk, methods: MethodTable): OnStream {
  return (stream) => {
    const httpStatus = misfit(stream)
    if (httpStatus !== undefined) {
      stream.refuse(httpStatus)
      return deaf
    }
    return admit(stream, desk, methods)
  }
}

function admit(stream: TransportStream, desk: CallDesk, methods: MethodTable): TransportListener {
  const method = methods.get(stream.path)
  if (!method) {
    const message = `there is no method ${stream.path.slice(0, 200)}`
    return reject(stream, { code: grpcCode.unimplemented, message })
  }
  if (metadataBytes(stream.rawHeaders) > desk.limits.maxMetadataBytes) {
    return reject(stream, { code: grpcCode.resourceExhausted, message: 'the metadata is too large' })
  }
  if (desk.calls.size >= desk.limits.maxCalls) {
    return reject(stream, { code: grpcCode.resourceExhausted, message: 'the server has too many calls' })
  }
  const given = stream.header('grpc-timeout')
  const timeoutMs = given === undefined ? undefined : parseTimeout(given)
  if (given !== undefined && timeoutMs === undefined) {
    return reject(stream, { code: grpcCode.invalidArgument, message: 'grpc-timeout is malformed' })
  }
  const call = new ServerCall(desk, stream, method)
  call.open(method, timeoutMs)
  return call
}

/** As SETTINGS_MAX_HEADER_LIST_SIZE counts; a client need not keep to it before it has read the server's settings. */
function metadataBytes(rawHeaders: readonly string[]): number {
  let bytes = rawHeaders.length * 16
  for (const text of rawHeaders) bytes += text.length
  return bytes
}

/** The status of HTTP for a request that does not speak gRPC (gRPC over HTTP/2, Requests). */
function misfit(stream: TransportStream): number | undefined {
  if (stream.method !== 'POST') return 405
  const type = stream.header('content-type')
  if (type === 'application/grpc') return undefined
  return type !== undefined && /^application\/grpc(?:$|[+; ])/i.test(type) ? undefined : 415
}

function reject(stream: TransportStream, status: GrpcStatus): TransportListener {
  stream.finish(statusTrailers(status))
  return deaf
}
