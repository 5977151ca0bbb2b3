import { once } from 'node:events'
import net from 'node:net'
import { waitUntil } from './wait-until.ts'

/** A TCP client that sends exactly the bytes it is told and keeps everything that comes back. */
export class RawClient {
  readonly socket: net.Socket
  #received = ''
  #closed = false

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (this.#received += text))
    socket.on('close', () => (this.#closed = true))
    // A reset is seen as `closed`; tests look at what came before it.
    socket.on('error', () => undefined)
  }

  /** Everything so far, as latin1. */
  get received(): string {
    return this.#received
  }

  /** The connection is gone, in both directions. */
  get closed(): boolean {
    return this.#closed
  }

  /** Status codes of the answers so far, in order. */
  get statuses(): number[] {
    return [...this.#received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1]))
  }

  send(...parts: (string | Uint8Array)[]): this {
    for (const part of parts) this.socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
    return this
  }

  /** Waits until the text or pattern has been received, and returns everything so far. */
  async until(what: string | RegExp, deadlineMs = 5_000): Promise<string> {
    const has = (): boolean => (typeof what === 'string' ? this.#received.includes(what) : what.test(this.#received))
    await waitUntil(`${String(what)} from the server`, () => has() || this.#closed, { deadlineMs })
    if (!has()) throw new Error(`closed before ${String(what)}, after: ${this.#received}`)
    return this.#received
  }

  /** Waits until the server has closed the connection, and returns everything received. */
  async untilClosed(deadlineMs = 5_000): Promise<string> {
    await waitUntil('the server closing the connection', () => this.#closed, { deadlineMs })
    return this.#received
  }

  /** Resets the connection, as a client that vanishes does. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Connects to a port of the loopback. A stubborn client goes on sending after the server has closed its half. */
export async function connectRaw(port: number, { stubborn = false } = {}): Promise<RawClient> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: stubborn })
  await once(socket, 'connect')
  return new RawClient(socket)
}
