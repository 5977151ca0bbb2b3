import type { Socket } from 'node:net'
import type { Clock, Timer } from '@pelton/core'
import { ReceptionStatistics, type RtcpPacket, readRtcp, readRtp, writeRtcp } from '../rtp/index.ts'
import type { RtspClientEnd, RtspReady } from './client-events.ts'
import { ClientPorts } from './client-ports.ts'
import type { ConnectRtspOptions } from './connect-options.ts'
import { RtspClient, type RtspClientOptions } from './rtsp-client.ts'
import { bindUdpPair } from './udp-pair.ts'
import { interleave } from './interleave.ts'

type Told = Pick<ConnectRtspOptions, 'signal' | 'onReady' | 'onPlaying' | 'onPacket' | 'onRtcp'> & { clock: Clock }

const tickMs = 250
/** A tick that is so much late tells that this process was asleep: what came meanwhile has not been read yet. */
const mostLateMs = 1_000
const reportMs = 5_000
/** How long a server may take to answer a TEARDOWN. */
const leaveMs = 1_000

/** The sockets and timers of one connection, around `RtspClient`. */
export class ClientLink {
  readonly #socket: Socket
  readonly #told: Told
  readonly #client: RtspClient
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32)
  #statistics: ReceptionStatistics | undefined
  #ports: ClientPorts | undefined
  #reportedAt: number
  #timer: Timer | undefined
  #leaveAt = Number.POSITIVE_INFINITY
  #isEnded = false
  #resolve: (end: RtspClientEnd) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor(socket: Socket, options: RtspClientOptions, told: Told) {
    this.#socket = socket
    this.#told = told
    this.#reportedAt = told.clock.now()
    const events = {
      send: (bytes: Buffer) => void socket.write(bytes),
      openPorts: () => void this.#openPorts(),
      portsAgreed: (ports: readonly [number, number] | undefined, source: string | undefined) =>
        this.#ports?.agree(ports, source),
      ready: (ready: RtspReady) => this.#begin(ready),
      playing: told.onPlaying ?? (() => undefined),
      packet: (packet: Buffer) => this.#takePacket(packet),
      control: (packet: Buffer) => this.#takeControl(packet),
      ended: (end: RtspClientEnd) => this.#end(end),
    }
    this.#client = new RtspClient(options, events, told.clock.now())
  }

  /** Resolves when the connection has ended; rejects only with what a callback threw. */
  run(): Promise<RtspClientEnd> {
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      socket.on('data', (chunk: Buffer) => this.#guard(() => this.#client.receive(chunk)))
      socket.on('error', (error) => this.#guard(() => this.#client.disconnected(error.message)))
      socket.on('close', () => this.#guard(() => this.#client.disconnected('the server closed the connection')))
      this.#told.signal.addEventListener('abort', this.#leave)
      this.#tick()
      this.#guard(() => this.#client.start())
      if (this.#told.signal.aborted) this.#leave()
    })
  }

  readonly #leave = (): void => {
    this.#leaveAt = this.#told.clock.now() + leaveMs
    this.#guard(() => this.#client.close())
  }

  #tick(): void {
    if (this.#isEnded) return
    const { clock } = this.#told
    const dueAt = clock.now() + tickMs
    this.#timer = clock.after(tickMs, () => {
      const now = clock.now()
      if (now - dueAt > mostLateMs) this.#client.beginAnew(now)
      this.#guard(() => this.#elapse(now))
      this.#tick()
    })
  }

  #elapse(now: number): void {
    if (now >= this.#leaveAt) return this.#end({ how: 'closed' })
    this.#client.elapse(now)
    if (this.#isEnded || !this.#statistics || now - this.#reportedAt < reportMs) return
    this.#reportedAt = now
    this.#report(this.#statistics.report(now))
  }

  #report(block: ReturnType<ReceptionStatistics['report']>): void {
    const reports = block ? [block] : []
    const source = { ssrc: this.#ssrc, cname: 'pelton' }
    const bytes = writeRtcp([
      { type: 'receiver', ssrc: this.#ssrc, reports },
      { type: 'sdes', sources: [source] },
    ])
    if (this.#ports) this.#ports.report(bytes, reports.length === 0)
    else this.#socket.write(interleave(this.#client.controlChannel, [bytes]))
  }

  async #openPorts(): Promise<void> {
    const host = this.#socket.remoteAddress ?? ''
    try {
      const pair = await bindUdpPair({ isV6: host.includes(':') })
      if (this.#isEnded) return pair.close()
      this.#ports = new ClientPorts(pair, host, {
        packet: (packet) => this.#guard(() => this.#client.receivePacket(packet)),
        control: (packet) => this.#guard(() => this.#takeControl(packet)),
      })
      this.#guard(() => this.#client.usePorts(pair.port))
    } catch {
      // No ports: the client goes on to the next transport, or says so.
      this.#guard(() => this.#client.usePorts(undefined))
    }
  }

  #begin(ready: RtspReady): void {
    const statistics = new ReceptionStatistics(ready.choice.format.clockRate)
    this.#statistics = statistics
    if (ready.transport === 'tcp') this.#closePorts()
    else this.#report(undefined)
    this.#told.onReady({ ...ready, statistics })
  }

  #takePacket(bytes: Buffer): void {
    const packet = readRtp(bytes)
    if (!packet) return
    this.#statistics?.take(packet, this.#told.clock.now())
    this.#told.onPacket(packet)
  }

  #takeControl(bytes: Buffer): void {
    if (this.#isEnded) return
    const packets = readRtcp(bytes)
    if (packets.length === 0) return
    this.#told.onRtcp?.(packets)
    for (const packet of packets) this.#note(packet)
  }

  #note(packet: RtcpPacket): void {
    const ssrc = this.#statistics?.received ? this.#statistics.ssrc : undefined
    if (packet.type === 'sender' && (ssrc === undefined || packet.ssrc === ssrc)) {
      this.#statistics?.noteSenderReport(packet.ntp, this.#told.clock.now())
    } else if (packet.type === 'bye' && ssrc !== undefined && packet.ssrcs.includes(ssrc)) {
      this.#client.lose('the source has said goodbye')
    }
  }

  /** What a callback throws must not go up into the socket. */
  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#stop()
      this.#reject(error)
    }
  }

  #end(end: RtspClientEnd): void {
    this.#stop()
    this.#resolve(end)
  }

  #stop(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#timer?.cancel()
    this.#told.signal.removeEventListener('abort', this.#leave)
    this.#closePorts()
    this.#socket.destroy()
  }

  #closePorts(): void {
    this.#ports?.close()
    this.#ports = undefined
  }
}
