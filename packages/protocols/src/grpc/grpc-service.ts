/** Status codes of gRPC (`doc/statuscodes.md` of the gRPC specification). */
export const grpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const

/** How a call ended. */
export interface GrpcStatus {
  /** One of `grpcCode`. */
  code: number
  /** For the client; any text. */
  message?: string
}

/** Thrown by a unary method to end its call with a status other than OK; anything else that is thrown is INTERNAL without a word. */
export class GrpcError extends Error implements GrpcStatus {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** What is known of a call from its headers. */
export interface GrpcCall {
  /** `/package.Service/Method`. */
  readonly path: string
  /** The client's network address, without the port. */
  readonly address: string
  /** One value of the call's metadata by its lower-case name, as text; of a repeated one all, joined by `, `. */
  metadata(name: string): string | undefined
  /** All metadata by lower-case name, without HTTP/2's and gRPC's own. */
  readonly allMetadata: Readonly<Record<string, string | string[]>>
  /** Aborts when the client cancels, its deadline (`grpc-timeout`) is over or the connection is lost; made when it is first read. */
  readonly signal: AbortSignal
}

/** The server's end of a call that streams both ways. */
export interface GrpcStream extends GrpcCall {
  /** Sends a message; after `end`, or when the client is gone, it does nothing. The bytes must not be changed afterwards. */
  send(message: Uint8Array): void
  /** Nobody reads this message of the client any more: its memory may be used for another one. */
  release(message: Uint8Array): void
  /** Bytes given to `send` that the client has not taken: above the window of HTTP/2 they wait in memory. */
  readonly unsentBytes: number
  /** Reads no more from the client; its window fills. Messages that have been read already still come. */
  pause(): void
  resume(): void
  /** Ends the call; without a status with OK. What was sent before arrives before. */
  end(status?: GrpcStatus): void
}

/** What the server tells of a stream. Nothing is called after `closed`. */
export interface StreamListener {
  /** A whole message, uncompressed. The bytes are the listener's own. */
  message(bytes: Buffer): void
  /**
   * A message of more than the method's `maxMessageBytes`: it is read and dropped. `start` is its first bytes (64 at
   * most, none of a compressed one), for a listener that has to answer it. Without this member the call ends with RESOURCE_EXHAUSTED.
   */
  oversized?(length: number, start: Buffer): void
  /** The client sends no more messages. */
  halfClosed(): void
  /** `send` may go on: what was unsent has been taken. */
  drained?(): void
  /** The call is over; `isClean` is true when it ended by `end`. */
  closed(isClean: boolean): void
}

/** A method that answers one message with one message. */
export interface UnaryMethod {
  kind: 'unary'
  /** Most bytes of the request; default the server's. */
  maxMessageBytes?: number
  /** Nobody reads the request any more once `handle` has settled. */
  releasesRequest?: boolean
  handle(request: Buffer, call: GrpcCall): Promise<Uint8Array> | Uint8Array
}

/** A method whose client, or server, or both send any number of messages. */
export interface StreamMethod {
  kind: 'stream'
  /** Most bytes of a message; default the server's. */
  maxMessageBytes?: number
  /** Time to the first message; default the server's. 0: clients may open a call long before they use it. */
  firstMessageTimeoutMs?: number
  /** Called for each call, when its headers have come. A throw ends the call with INTERNAL. */
  open(stream: GrpcStream): StreamListener
}

/** A method of a service: bytes in, bytes out; codecs are its own. */
export type GrpcMethod = UnaryMethod | StreamMethod

/** A service that a server offers. */
export interface GrpcService {
  /** With its package: `grpc.health.v1.Health`. */
  name: string
  methods: Readonly<Record<string, GrpcMethod>>
  /**
   * A serialized `google.protobuf.FileDescriptorSet` that declares the service and everything it imports, for
   * reflection. Absent: the service is listed, but not described.
   */
  descriptors?: () => Promise<Uint8Array>
}
