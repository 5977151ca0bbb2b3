import { type Clock, isPeltonError, systemClock } from '@pelton/core'
import type { BindAddress } from '../http/bind.ts'
import { createAdmission } from './admit-call.ts'
import { type GrpcLimits, defaultGrpcLimits } from './grpc-limits.ts'
import { type GrpcService, grpcCode } from './grpc-service.ts'
import type { HealthSource } from './health.ts'
import { errors } from '../errors.ts'
import { type Http2ListenerOptions, type Http2Tls, listenHttp2 } from '../http2/http2-listener.ts'
import { MessageMemory } from './message-memory.ts'
import { createMethodTable } from './method-table.ts'
import { OpenCalls } from './open-calls.ts'
import type { CallDesk } from './server-call.ts'
import type { Transport } from '../http2/transport.ts'

/** Where to listen, and what to serve. */
export interface GrpcServerOptions extends BindAddress {
  /** Absent: plaintext HTTP/2 with prior knowledge. */
  tls?: Http2Tls | undefined
  services: readonly GrpcService[]
  /** A taken port is replaced by a free one instead of failing. */
  portMayMove?: boolean
  /** Adds `grpc.health.v1.Health`. */
  health?: HealthSource
  /** Adds `grpc.reflection`; default true. */
  reflects?: boolean
  limits?: Partial<GrpcLimits> | undefined
  clock?: Clock
  /** Told of faults in methods and of the server. */
  onFault(error: unknown): void
}

/** A server that is bound. */
export interface GrpcServer {
  /** Base URL for a client on this machine: `http://127.0.0.1:50051`. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** The port that was asked for, when another one had to be taken. */
  readonly movedFrom?: number
  /** Calls that are open. */
  readonly calls: number
  /**
   * Accepts no more, sends GOAWAY, lets calls end; resolves when all are over. Idle connections are closed at once.
   * What is open when `abort` aborts is cut with UNAVAILABLE.
   */
  close(abort?: AbortSignal): Promise<void>
}

const responseHeaders = ['content-type', 'application/grpc']
/** What is cut has so long to leave, with its status. */
const lastWordsMs = 100

/** Serves gRPC (PROTOCOL-HTTP2.md). Rejects with a `PeltonError` when the address or the certificate cannot be used. */
export async function serveGrpc(options: GrpcServerOptions): Promise<GrpcServer> {
  const clock = options.clock ?? systemClock
  const desk: CallDesk = {
    limits: { ...defaultGrpcLimits, ...options.limits },
    calls: new OpenCalls(clock),
    pendingBytes: 0,
    memory: new MessageMemory(),
    now: () => clock.now(),
    onFault: options.onFault,
  }
  const stopping = new AbortController()
  const methods = createMethodTable(await allServices(options, stopping.signal), options.onFault)
  const { host, port, reusePort = false, tls, onFault } = options
  const onStream = createAdmission(desk, methods)
  const wanted = { host, port, reusePort, tls, responseHeaders, limits: desk.limits, clock, onStream, onFault }
  const { transport, ...moved } = await listen(wanted, options.portMayMove ?? false)
  const bound = { host: transport.host, port: transport.port }
  return {
    ...bound,
    ...moved,
    url: `${tls ? 'https' : 'http'}://${nearAddress(bound.host)}:${bound.port}`,
    get calls() {
      return desk.calls.size
    },
    close: (abort) => {
      // Ends those that watch the health, after they have been told, and those that ask what there is.
      stopping.abort()
      return close(transport, desk, { abort, clock })
    },
  }
}

async function listen(
  wanted: Http2ListenerOptions,
  mayMove: boolean,
): Promise<{ transport: Transport; movedFrom?: number }> {
  try {
    return { transport: await listenHttp2(wanted) }
  } catch (error) {
    if (!mayMove || !isPeltonError(error) || error.code !== errors.port_taken.code) throw error
    return { transport: await listenHttp2({ ...wanted, port: 0 }), movedFrom: wanted.port }
  }
}

/** What is asked for besides the services themselves is loaded only then. */
async function allServices(options: GrpcServerOptions, stopping: AbortSignal): Promise<GrpcService[]> {
  const services = [...options.services]
  if (options.health) {
    const { createHealthService } = await import('./health.ts')
    const names = options.services.map(({ name }) => name)
    services.push(createHealthService(options.health, stopping, names))
  }
  if (options.reflects !== false) {
    const { createReflectionService } = await import('./reflection.ts')
    services.push(...createReflectionService(services, stopping))
  }
  return services
}

async function close(
  transport: Transport,
  desk: CallDesk,
  { abort, clock }: { abort: AbortSignal | undefined; clock: Clock },
): Promise<void> {
  const cut = (): void => {
    for (const call of desk.calls) call.fail({ code: grpcCode.unavailable, message: 'the server is shutting down' })
    const silence = new AbortController()
    void desk.calls.empty().then(() => silence.abort())
    void clock.sleep(lastWordsMs, silence.signal).then(() => transport.cut())
  }
  const drained = transport.drain()
  if (abort?.aborted) cut()
  else abort?.addEventListener('abort', cut, { once: true })
  await drained
  abort?.removeEventListener('abort', cut)
  desk.calls.stop()
}

/** How a client on this machine reaches a bound address. */
function nearAddress(host: string): string {
  if (host === '::' || host === '0.0.0.0') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
