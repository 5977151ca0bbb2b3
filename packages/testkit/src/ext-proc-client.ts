import { fileURLToPath } from 'node:url'
import type { ChannelCredentials, ClientDuplexStream, ClientOptions, MethodDefinition } from '@grpc/grpc-js'
import {
  type ExtProcFacts,
  type ExtProcHeaders,
  type ExtProcPart,
  type ExtProcReply,
  type Wire,
  readReply,
  requestWire,
} from './ext-proc-messages.ts'
import type { Cleanup } from './temp-folder.ts'
import { waitUntil, within } from './wait-until.ts'

/** How a stream ended. */
export interface StreamEnd {
  code: number
  details: string
}

/** One transaction, as the proxy plays it; it keeps every reply. */
export interface ExtProcStream {
  /** Sends a message; headers, trailers and bodies by their part. */
  send(part: ExtProcPart, content: ExtProcHeaders | string | Uint8Array, facts?: ExtProcFacts): void
  /** Sends a message that is no `ProcessingRequest`. */
  sendBytes(bytes: Uint8Array): void
  /** Messages that the connection has not taken: the server does not read on. */
  readonly waiting: number
  /** All replies so far. */
  readonly replies: readonly ExtProcReply[]
  /** The next reply that was not taken; rejects when the stream ends without one. */
  reply(): Promise<ExtProcReply>
  /** So many of them. */
  take(count: number): Promise<ExtProcReply[]>
  /** Sends no more. */
  end(): void
  /** Leaves: what the proxy does when its client has gone. */
  cancel(): void
  readonly ended: Promise<StreamEnd>
}

/** A peer made with grpc-js. */
export interface ExtProcClient {
  open(): ExtProcStream
  /** Sends the only message of a new transaction and gives its only reply. */
  ask(part: ExtProcPart, content: ExtProcHeaders | string | Uint8Array, facts?: ExtProcFacts): Promise<ExtProcReply>
  /** A message as it goes out, for tests that spoil it. */
  bytesOf(part: ExtProcPart, content: ExtProcHeaders | string | Uint8Array, facts?: ExtProcFacts): Buffer
  /** Resolves when the server has read all that was sent before on this connection. */
  settled(): Promise<void>
  /** The status of `grpc.health.v1.Health`; a rejection has the code. */
  health(service?: string): Promise<string>
  /** Every status that the server tells from now on. */
  watchHealth(service?: string): { readonly statuses: readonly string[] }
  close(): void
}

type Bytes = Uint8Array
type Stream = ClientDuplexStream<Bytes, Buffer>

const protos = fileURLToPath(new URL('../../protocols/protos', import.meta.url))
const serving = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const asItIs = (bytes: Bytes): Buffer => Buffer.from(bytes)

/** Connects to a server as Envoy would; closed when the test ends. */
export async function connectExtProc(
  test: Cleanup,
  port: number,
  { credentials, ...options }: ClientOptions & { credentials?: ChannelCredentials } = {},
): Promise<ExtProcClient> {
  const { default: grpc } = await import('@grpc/grpc-js')
  const { loadSync } = await import('@grpc/proto-loader')
  const load = (file: string, service: string): Record<string, MethodDefinition<Wire, Wire>> =>
    loadSync(file, { includeDirs: [protos], keepCase: true })[service] as unknown as Record<
      string,
      MethodDefinition<Wire, Wire>
    >
  const process = load(
    'envoy/service/ext_proc/v3/external_processor.proto',
    'envoy.service.ext_proc.v3.ExternalProcessor',
  )['Process']!
  const health = load('grpc/health/v1/health.proto', 'grpc.health.v1.Health')
  const client = new grpc.Client(`127.0.0.1:${port}`, credentials ?? grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    // Clients of one process would share a connection otherwise.
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  })
  test.after(() => client.close())
  const open = (): ExtProcStream => streamOf(client.makeBidiStreamRequest(process.path, asItIs, asItIs), process)
  const metadata = new grpc.Metadata()
  const { Check, Watch } = health as { Check: MethodDefinition<Wire, Wire>; Watch: MethodDefinition<Wire, Wire> }
  return {
    open,
    async ask(part, content, facts) {
      const stream = open()
      stream.send(part, content, facts)
      const reply = await stream.reply()
      stream.end()
      return reply
    },
    bytesOf: (part, content, facts) => process.requestSerialize(requestWire(part, content, facts)),
    settled: () =>
      new Promise((resolve) => {
        client.makeUnaryRequest('/none/None', asItIs, asItIs, new Uint8Array(0), metadata, {}, () => resolve())
      }),
    health: (service = '') =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = Check
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, metadata, {}, (error, wire) =>
          error ? reject(error) : resolve(statusOf(wire)),
        )
      }),
    watchHealth(service = '') {
      const statuses: string[] = []
      const { path, requestSerialize, responseDeserialize } = Watch
      const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service })
      call.on('data', (wire: Wire) => statuses.push(statusOf(wire)))
      // The end of the server is the end of it.
      call.on('error', () => undefined)
      return { statuses }
    },
    close: () => client.close(),
  }
}

function statusOf(wire: Wire | undefined): string {
  return serving[Number(wire?.['status'] ?? 0)] ?? String(wire?.['status'])
}

function streamOf(
  call: Stream,
  { requestSerialize, responseDeserialize }: MethodDefinition<Wire, Wire>,
): ExtProcStream {
  const replies: ExtProcReply[] = []
  let end: StreamEnd | undefined
  let taken = 0
  call.on('data', (bytes: Buffer) => replies.push(readReply(responseDeserialize(bytes))))
  // Told by the status.
  call.on('error', () => undefined)
  const ended = new Promise<StreamEnd>((resolve) => {
    call.on('status', ({ code, details }) => {
      end = { code, details }
      resolve(end)
    })
  })
  const reply = async (): Promise<ExtProcReply> => {
    await waitUntil(`reply ${taken + 1}`, () => replies.length > taken || end !== undefined)
    const next = replies[taken]
    if (!next) throw new Error(`the stream ended with ${end?.code} "${end?.details}" before reply ${taken + 1}`)
    taken += 1
    return next
  }
  return {
    get waiting() {
      return call.writableLength
    },
    replies,
    reply,
    async take(count) {
      const list: ExtProcReply[] = []
      while (list.length < count) list.push(await reply())
      return list
    },
    send: (part, content, facts) => void call.write(requestSerialize(requestWire(part, content, facts))),
    sendBytes: (bytes) => void call.write(bytes),
    end: () => void call.end(),
    cancel: () => call.cancel(),
    get ended() {
      return within('the end of the stream', ended)
    },
  }
}
