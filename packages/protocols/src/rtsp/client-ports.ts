import type { UdpPair } from './udp-pair.ts'

/** Told what comes by UDP from the server. */
export interface PortReceiver {
  packet(bytes: Buffer): void
  control(bytes: Buffer): void
}

/** An RTP packet without payload: it tells routers on the way that answers may come back. */
const punch = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

/** A client's side of UDP: takes what comes from the server's address, and sends reports to its ports. */
export class ClientPorts {
  readonly #pair: UdpPair
  #source: string
  #serverPorts: readonly [number, number] | undefined

  constructor(pair: UdpPair, server: string, receiver: PortReceiver) {
    this.#pair = pair
    this.#source = server
    pair.rtp.on('message', (bytes, { address }) => {
      if (this.#isServer(address)) receiver.packet(bytes)
    })
    pair.rtcp.on('message', (bytes, { address }) => {
      if (this.#isServer(address)) receiver.control(bytes)
    })
  }

  /** What the server answered; `source` where its packets come from another address than its answers. */
  agree(serverPorts: readonly [number, number] | undefined, source: string | undefined): void {
    this.#serverPorts = serverPorts
    const { isIP } = process.getBuiltinModule('node:net')
    // Some name an interface that is not theirs, or a host; an unspecified address is none.
    if (source !== undefined && isIP(source) === isIP(this.#source) && !/^[0.:]+$/.test(source)) this.#source = source
  }

  /** Sends RTCP; where nothing has come yet, it makes way for RTP as well. */
  report(bytes: Buffer, isFirst: boolean): void {
    if (!this.#serverPorts) return
    const [rtp, rtcp] = this.#serverPorts
    const done = (): void => undefined
    if (isFirst && rtp > 0) this.#pair.rtp.send(punch, rtp, this.#source, done)
    if (rtcp > 0) this.#pair.rtcp.send(bytes, rtcp, this.#source, done)
  }

  close(): void {
    this.#pair.close()
  }

  /** IPv4 may be written as IPv6 has it. */
  #isServer(address: string): boolean {
    return address === this.#source || address === `::ffff:${this.#source}` || `::ffff:${address}` === this.#source
  }
}
