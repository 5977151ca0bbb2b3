import { Buffer } from 'node:buffer'
import { MalformedMessage } from '../protobuf/malformed-message.ts'
import { WireReader } from '../protobuf/wire-reader.ts'
import { WireWriter } from '../protobuf/wire-writer.ts'
import { GrpcError, type GrpcService, type GrpcStream, type StreamListener, grpcCode } from './grpc-service.ts'

/** Whether services serve, for `grpc.health.v1.Health`. */
export interface HealthSource {
  /** Undefined for a service that is not known. The empty name is the server as a whole. */
  serving(service: string): boolean | undefined
  /** Calls back whenever an answer may have changed; returns how to leave. */
  onChange(listener: () => void): () => void
}

/** `HealthCheckResponse.ServingStatus`. */
const status = { serving: 1, notServing: 2, serviceUnknown: 3 } as const
type Status = (typeof status)[keyof typeof status]

/** Clients that watch at a time. */
const maxWatchers = 1_024
/** A request is the name of a service. */
const maxMessageBytes = 4_096

/**
 * `grpc.health.v1.Health` (the gRPC specification's health checking). From when `stopping` aborts nothing serves, and a
 * `Watch` ends with UNAVAILABLE after it has said so. `names` are what `List` tells of besides the server as a whole.
 */
export function createHealthService(
  source: HealthSource,
  stopping?: AbortSignal,
  names: readonly string[] = [],
): GrpcService {
  const health = new Health(source, stopping)
  return {
    name: 'grpc.health.v1.Health',
    methods: {
      Check: { kind: 'unary', maxMessageBytes, handle: (request) => health.check(readService(request)) },
      List: { kind: 'unary', maxMessageBytes, handle: () => health.list(new Set(['', ...names])) },
      Watch: { kind: 'stream', maxMessageBytes, open: (stream) => health.watch(stream) },
    },
    descriptors: loadDescriptors,
  }
}

class Health {
  readonly #source: HealthSource
  readonly #stopping: AbortSignal | undefined
  readonly #watchers = new Set<Watcher>()
  /** There while somebody watches. */
  #leave: (() => void) | undefined

  constructor(source: HealthSource, stopping: AbortSignal | undefined) {
    this.#source = source
    this.#stopping = stopping
    stopping?.addEventListener('abort', () => this.#tellAll(), { once: true })
  }

  check(service: string): Buffer {
    const now = this.statusOf(service)
    if (now === status.serviceUnknown) throw new GrpcError(grpcCode.notFound, 'the service is not known')
    return encodeStatus(now)
  }

  list(names: Iterable<string>): Buffer {
    const writer = new WireWriter().start()
    for (const name of names) {
      const now = this.statusOf(name)
      if (now === status.serviceUnknown) continue
      const entry = writer.mark()
      const response = writer.mark()
      writer.uint(1, now)
      writer.embed(2, response)
      writer.text(1, name)
      writer.embed(1, entry)
    }
    return writer.finish()
  }

  watch(stream: GrpcStream): StreamListener {
    const watcher = new Watcher(this, stream)
    if (this.#watchers.size >= maxWatchers) {
      stream.end({ code: grpcCode.resourceExhausted, message: `more than ${maxWatchers} clients watch` })
      return watcher
    }
    this.#watchers.add(watcher)
    this.#leave ??= this.#source.onChange(() => this.#tellAll())
    return watcher
  }

  forget(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    if (this.#watchers.size > 0) return
    this.#leave?.()
    this.#leave = undefined
  }

  statusOf(service: string): Status {
    const isServing = this.#source.serving(service)
    if (isServing === undefined) return status.serviceUnknown
    return isServing && !this.isStopping ? status.serving : status.notServing
  }

  get isStopping(): boolean {
    return this.#stopping?.aborted ?? false
  }

  #tellAll(): void {
    for (const watcher of this.#watchers) watcher.tell()
  }
}

/** One `Watch`. To a client that reads slowly only the newest status goes. */
class Watcher implements StreamListener {
  readonly #health: Health
  readonly #stream: GrpcStream
  #service: string | undefined
  #told: Status | undefined

  constructor(health: Health, stream: GrpcStream) {
    this.#health = health
    this.#stream = stream
  }

  message(bytes: Buffer): void {
    try {
      if (this.#service !== undefined) throw new GrpcError(grpcCode.invalidArgument, 'Watch takes one message')
      this.#service = readService(bytes)
      this.tell()
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error
      this.#stream.end(error)
    }
  }

  halfClosed(): void {
    if (this.#service === undefined) this.#stream.end({ code: grpcCode.invalidArgument, message: 'no message' })
  }

  drained(): void {
    this.tell()
  }

  closed(): void {
    this.#health.forget(this)
  }

  /** Tells the status when it is another one; ends when the server is about to. */
  tell(): void {
    const isLast = this.#health.isStopping
    if (this.#service !== undefined && (isLast || this.#stream.unsentBytes === 0)) this.#send(this.#service)
    if (isLast) this.#stream.end({ code: grpcCode.unavailable, message: 'the server is shutting down' })
  }

  #send(service: string): void {
    const now = this.#health.statusOf(service)
    if (now === this.#told) return
    this.#told = now
    this.#stream.send(encodeStatus(now))
  }
}

/** A `HealthCheckResponse`. */
function encodeStatus(now: Status): Buffer {
  return Buffer.from([0x08, now])
}

/** The service of a `HealthCheckRequest`. */
function readService(request: Buffer): string {
  try {
    const reader = new WireReader(request)
    let service = ''
    for (let key = reader.next(); key !== 0; key = reader.next()) {
      if (key >>> 3 === 1) service = reader.text(key)
      else reader.skip(key)
    }
    return service
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    throw new GrpcError(grpcCode.invalidArgument, `not a HealthCheckRequest: ${error.message}`)
  }
}

async function loadDescriptors(): Promise<Uint8Array> {
  const { descriptorSet } = await import('./health-descriptor-set.ts')
  return Buffer.from(descriptorSet, 'base64')
}
