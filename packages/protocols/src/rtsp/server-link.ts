import { type Delivery, ServerConversation, sessionTimeoutMs } from './server-conversation.ts'
import type { Socket } from 'node:net'
import type { RtspStream, StreamReader } from './rtsp-stream.ts'
import { createTcpOutlet, createUdpOutlet } from './stream-readers.ts'
import type { UdpPair } from './udp-pair.ts'

/** What the connections of a server share. */
export interface ServerLinkHost {
  readonly streams: ReadonlyMap<string, RtspStream>
  readonly udp: UdpPair
  readonly rtcpPort: number
  /** Milliseconds that the server has been awake, as of its last sweep. */
  readonly awakeMs: number
  /** Whether one more may read. */
  hasRoom(): boolean
}

/** A reader that takes nothing for so long, though there is something for it, is cut off. */
const stuckMs = 10_000
/** Answers that wait for who does not read them; frames have a lower limit. */
const mostWaitingBytes = 5_242_880
/** What was said last must be out within this time, by sweeps of a second. */
const endMs = 2_000

/** One connection of a server: its socket, and when it counts as dead. */
export class ServerLink {
  readonly #socket: Socket
  readonly #host: ServerLinkHost
  readonly #conversation: ServerConversation
  #heardAt: number
  /** Bytes that the network has taken, and when it took the last; all times are those of `awakeMs`. */
  #flushed = 0
  #flushedAt: number
  #endsAt = Number.POSITIVE_INFINITY
  /** Where the reports of its UDP reader come from. */
  #rtcpPort: number | undefined

  constructor(socket: Socket, host: ServerLinkHost) {
    this.#socket = socket
    this.#host = host
    this.#heardAt = this.#flushedAt = host.awakeMs
    this.#conversation = new ServerConversation({
      streams: host.streams,
      ports: [host.udp.port, host.rtcpPort],
      send: (bytes) => this.#send(bytes),
      join: (stream, delivery) => this.#join(stream, delivery),
      end: () => this.end(),
      newSessionId: () => process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex'),
    })
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      this.#heardAt = host.awakeMs
      this.#conversation.receive(chunk)
    })
    // `close` follows, which is all that counts.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#conversation.close())
  }

  /** A report came by UDP; whether it is of this connection's reader. */
  hear(address: string, port: number): boolean {
    if (port !== this.#rtcpPort || address !== this.#socket.remoteAddress) return false
    this.#heardAt = this.#host.awakeMs
    return true
  }

  /** Says what is to be said, then ends. */
  end(): void {
    this.#endsAt = Math.min(this.#endsAt, this.#host.awakeMs + endMs)
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Cuts off who has been silent or stuck for too long. */
  sweep(): void {
    const now = this.#host.awakeMs
    const { writableLength, bytesWritten } = this.#socket
    const flushed = bytesWritten - writableLength
    if (flushed !== this.#flushed || writableLength === 0) this.#flushedAt = now
    // Who takes packets by TCP lives.
    if (flushed !== this.#flushed && this.#conversation.isPlaying && this.#rtcpPort === undefined) this.#heardAt = now
    this.#flushed = flushed
    const isDead = now - this.#heardAt >= sessionTimeoutMs || now - this.#flushedAt >= stuckMs
    const { stream } = this.#conversation
    if (isDead && stream && !this.#socket.destroyed) stream.counts.stalled += 1
    if (isDead || now >= this.#endsAt) this.destroy()
  }

  #send(bytes: Buffer): void {
    if (this.#socket.writableLength > mostWaitingBytes) return this.destroy()
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  #join(stream: RtspStream, delivery: Delivery): StreamReader | undefined {
    if (!this.#host.hasRoom()) {
      stream.counts.tooMany += 1
      return undefined
    }
    const { udp } = this.#host
    const onEnd = (): void => this.end()
    if (delivery.by === 'tcp') {
      this.#rtcpPort = undefined
      return stream.join(createTcpOutlet(this.#socket, delivery.channels), onEnd)
    }
    this.#rtcpPort = delivery.ports[1]
    const address = this.#socket.remoteAddress ?? ''
    return stream.join(createUdpOutlet({ rtp: udp.rtp, rtcp: udp.rtcp, address, ports: delivery.ports }), onEnd)
  }
}
