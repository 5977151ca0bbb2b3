import path from 'node:path'
import { type Cleanup, within } from '@pelton/testkit'

/** Why a call failed. */
export interface CallFailure {
  code: number
  details: string
}

/** A peer of `inference.GRPCInferenceService`, made with grpc-js. */
export interface InferenceClient {
  /** A unary call; rejects with a `CallFailure`. 64-bit integers are texts, empty fields left out. */
  call(method: string, request?: object): Promise<Record<string, unknown>>
  /** All answers to the requests of one stream. */
  stream(requests: readonly object[]): Promise<Record<string, unknown>[]>
}

const proto = path.join(import.meta.dirname, '../../packages/protocols/protos/inference.proto')

/** Connects to the gRPC port of a trigger; closed with the test. */
export async function connectInference(test: Cleanup, port: number): Promise<InferenceClient> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  const definition = loader.loadSync(proto, { keepCase: true, longs: String, includeDirs: [path.dirname(proto)] })
  const loaded = grpc.loadPackageDefinition(definition) as unknown as {
    inference: { GRPCInferenceService: ReturnType<typeof grpc.makeClientConstructor> }
  }
  const { GRPCInferenceService: Client } = loaded.inference
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  test.after(() => client.close())
  const calls = client as unknown as Readonly<Record<string, UnaryCall>>
  const streams = client as unknown as { ModelStreamInfer: StreamCall }
  return {
    call: (method, request = {}) =>
      within(
        method,
        new Promise((resolve, reject) => {
          calls[method]?.call(client, request, (error, reply) => (error ? reject(error) : resolve(reply ?? {})))
        }),
      ),
    stream: (requests) =>
      within(
        'the stream',
        exchange(() => streams.ModelStreamInfer.call(client), requests),
      ),
  }
}

type UnaryCall = (
  request: object,
  done: (error: (Error & CallFailure) | null, reply?: Record<string, unknown>) => void,
) => void

interface Duplex {
  write(message: object): boolean
  end(): void
  on(event: 'data', listener: (reply: Record<string, unknown>) => void): Duplex
  on(event: 'end', listener: () => void): Duplex
  on(event: 'error', listener: (error: Error) => void): Duplex
}
type StreamCall = () => Duplex

function exchange(open: () => Duplex, requests: readonly object[]): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    const replies: Record<string, unknown>[] = []
    const stream = open()
    stream.on('data', (reply) => void replies.push(reply))
    stream.on('end', () => resolve(replies))
    stream.on('error', reject)
    for (const request of requests) stream.write(request)
    stream.end()
  })
}
