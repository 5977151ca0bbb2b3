import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type Socket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { EventData } from '@pelton/core'
import { MsgpackWriter } from './msgpack-writer.ts'

/** What the peer answers. */
export interface PeerResponse {
  status: number
  contentType: string
  body: Buffer
}

interface WireResponse {
  status_code: number
  content_type: string
  body: string
  body_encoding: 'text' | 'base64'
}

const lineEnd = 0x0a
/**
 * A worker behind a copy of nuclio's wire, made for comparison: length-prefixed msgpack in, lines of JSON with base64 out,
 * one event at a time. Callers wait in line.
 */
export class Peer {
  readonly #child: ChildProcess
  readonly #socket: Socket
  readonly #writer = new MsgpackWriter()
  readonly #waiting: { event: EventData; resolve: (response: PeerResponse) => void }[] = []
  #current: ((response: PeerResponse) => void) | undefined
  #pieces: Buffer[] = []
  /** Free again when its event is answered. */
  #message = Buffer.alloc(0)

  private constructor(child: ChildProcess, socket: Socket) {
    this.#child = child
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  /** Resolves when the handler, `module:function` of `folder`, is loaded. */
  static async start(python: string, folder: string, handler: string): Promise<Peer> {
    const temporary = mkdtempSync(path.join(tmpdir(), 'pelton-peer-'))
    const server = createServer()
    const address = path.join(temporary, 'events.sock')
    await new Promise<void>((resolve) => server.listen(address, resolve))
    const wrapper = path.join(import.meta.dirname, 'peer_wrapper.py')
    const args = ['-u', wrapper, '--handler', handler, '--event-socket-path', address]
    const child = spawn(python, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the peer ended before it was ready')))
    const [socket] = (await Promise.race([once(server, 'connection'), ended])) as [Socket]
    server.close()
    const [first] = (await once(socket, 'data')) as [Buffer]
    if (first.toString() !== 's\n') throw new Error(`the peer began with ${first.toString()}`)
    ended.catch(() => undefined)
    rmSync(temporary, { recursive: true })
    return new Peer(child, socket)
  }

  handle(event: EventData): Promise<PeerResponse> {
    return new Promise((resolve) => {
      if (this.#current) return void this.#waiting.push({ event, resolve })
      this.#send(event, resolve)
    })
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#socket.destroy()
    await gone
  }

  #send(event: EventData, resolve: (response: PeerResponse) => void): void {
    this.#current = resolve
    const { body } = event
    const head = this.#encode(event, body.length)
    // nuclio's encoder writes the whole map into one buffer, which it keeps, and sends that.
    const length = head.length + body.length
    if (this.#message.length < length) this.#message = Buffer.allocUnsafeSlow(length * 2)
    head.copy(this.#message)
    this.#message.set(body, head.length)
    this.#socket.write(this.#message.subarray(0, length))
  }

  /** The length and the whole map but for the bytes of the body, which stands last. */
  #encode(event: EventData, bodyLength: number): Buffer {
    const writer = this.#writer
    writer.reset(4)
    writer.map(19)
    writer.entry('content-type', event.contentType)
    writer.entry('content_type', event.contentType)
    writer.entry('headers', event.headers as Record<string, string>)
    writer.entry('fields', event.fields as Record<string, string>)
    writer.entry('id', event.id)
    writer.entry('method', event.method)
    writer.entry('path', event.path)
    writer.entry('url', event.url)
    writer.entry('topic', event.topic)
    writer.entry('type', '')
    writer.entry('type_version', '')
    writer.entry('version', '')
    writer.entry('shard_id', event.shardId)
    writer.entry('num_shards', 0)
    writer.entry('offset', event.offset)
    writer.entry('size', bodyLength)
    writer.entry('timestamp', Math.floor(event.timestamp.getTime() / 1000))
    writer.entry('trigger', { ...event.trigger })
    writer.string('body')
    writer.binary(bodyLength)
    const head = writer.take()
    head.writeInt32BE(head.length - 4 + bodyLength)
    return head
  }

  #receive(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
      const rest = chunk.subarray(from, end)
      const line = this.#pieces.length === 0 ? rest : Buffer.concat([...this.#pieces, rest])
      this.#pieces = []
      from = end + 1
      // Other lines than responses, such as the handler's duration, are no answers.
      if (line[0] === 0x72) this.#answer(JSON.parse(line.toString('utf8', 1)) as WireResponse)
    }
    if (from < chunk.length) this.#pieces.push(chunk.subarray(from))
  }

  #answer(response: WireResponse): void {
    const resolve = this.#current
    this.#current = undefined
    const next = this.#waiting.shift()
    if (next) this.#send(next.event, next.resolve)
    const body = Buffer.from(response.body, response.body_encoding === 'base64' ? 'base64' : 'utf8')
    resolve?.({ status: response.status_code, contentType: response.content_type, body })
  }
}
