import type { Socket } from 'node:dgram'

/** Two UDP sockets on neighbouring ports, the first even: for RTP and its RTCP (RFC 3550 §11). */
export interface UdpPair {
  rtp: Socket
  rtcp: Socket
  /** Of `rtp`. */
  port: number
  close(): void
}

/** What a pair is bound to. */
export interface UdpPairOptions {
  isV6: boolean
  /** Absent for all interfaces. */
  host?: string | undefined
  /** The ports to take; 0 for any. A port for RTP alone takes the next for RTCP. */
  ports?: readonly [number, number] | undefined
}

const mostTries = 30
/** A key frame comes at once. */
const receiveBytes = 1_048_576

/** Binds a pair. Rejects with the reason of the system when no pair is free. */
export async function bindUdpPair({ isV6, host, ports = [0, 0] }: UdpPairOptions): Promise<UdpPair> {
  const bind = (port: number): Promise<Socket> => bindSocket(isV6, host, port)
  if (ports[0] !== 0) {
    const rtp = await bind(ports[0])
    return bindSecond(rtp, bind, ports[1] || ports[0] + 1)
  }
  for (let tries = 1; ; tries++) {
    const rtp = await bind(0)
    const { port } = rtp.address()
    if (port % 2 === 0) {
      try {
        return await bindSecond(rtp, bind, ports[1] || port + 1)
      } catch (error) {
        if (tries >= mostTries || ports[1] !== 0) throw error
      }
    } else rtp.close()
    if (tries >= mostTries) throw new Error(`no even port is free after ${tries} tries`)
  }
}

async function bindSecond(rtp: Socket, bind: (port: number) => Promise<Socket>, port: number): Promise<UdpPair> {
  try {
    const rtcp = await bind(port)
    const close = (): void => {
      rtp.close()
      rtcp.close()
    }
    return { rtp, rtcp, port: rtp.address().port, close }
  } catch (error) {
    rtp.close()
    throw error
  }
}

function bindSocket(isV6: boolean, host: string | undefined, port: number): Promise<Socket> {
  // Loaded only here: most streams come by TCP.
  const { createSocket } = process.getBuiltinModule('node:dgram')
  const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ipv6Only: false })
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ port, exclusive: true, ...(host === undefined ? {} : { address: host }) }, () => {
      socket.removeAllListeners('error')
      // What cannot be sent or received is lost, as UDP has it; who waits for packets notices.
      socket.on('error', () => undefined)
      enlarge(socket)
      resolve(socket)
    })
  })
}

function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBytes)
  } catch {
    // The system allows no such size; its own will do.
  }
}
