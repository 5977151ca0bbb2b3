// The peer: an external processor as one writes it with @grpc/grpc-js. It sets one header on each request and lets
// responses pass. Prints its port.
import http2 from 'node:http2'
import { fileURLToPath } from 'node:url'
import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js'

/** The parts of both messages that it reads and writes. */
interface ProcessingRequest {
  request: 'request_headers' | 'response_headers'
}

type ProcessingResponse = { request_headers: object } | { response_headers: object }

type Process = ServerDuplexStream<ProcessingRequest, ProcessingResponse>

// Envoy resets each stream when its transaction ends, and Node.js closes connections with more than 33 resets a second:
// one transaction of 50 would fail. grpc-js has no setting for it, so it is given one, to be measured at its best.
const { createServer } = http2
const unlimited = { streamResetBurst: 1e9, streamResetRate: 1e9 }
http2.createServer = ((options: http2.ServerOptions) =>
  createServer({ ...options, ...unlimited })) as typeof http2.createServer

// Imported after the change.
const grpc = await import('@grpc/grpc-js')
const { loadSync } = await import('@grpc/proto-loader')

const protos = fileURLToPath(new URL('../../packages/protocols/protos', import.meta.url))
const file = 'envoy/service/ext_proc/v3/external_processor.proto'
const definitions = loadSync(file, { includeDirs: [protos], keepCase: true, oneofs: true })
const service = definitions['envoy.service.ext_proc.v3.ExternalProcessor'] as ServiceDefinition

const server = new grpc.Server()
server.addService(service, { Process: processTransaction })
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  process.stdout.write(`${port}\n`)
})
process.once('SIGTERM', () => process.exit(0))

function processTransaction(call: Process): void {
  call.on('data', (message: ProcessingRequest) => {
    call.write(message.request === 'request_headers' ? setHeader('x-processed', 'yes') : { response_headers: {} })
  })
  call.on('end', () => call.end())
  call.on('error', () => call.end())
}

function setHeader(key: string, value: string): ProcessingResponse {
  const header = { key, raw_value: Buffer.from(value) }
  const mutation = { set_headers: [{ header, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }] }
  return { request_headers: { response: { header_mutation: mutation } } }
}
