import type { Buffer } from 'node:buffer'
import type { Socket as UdpSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import { interleave } from './interleave.ts'
import type { OutgoingFrame } from './stream-source.ts'

/** How one reader gets its packets. */
export interface Outlet {
  /** Whether it took the frame; one that it has no room for is not sent, not even in part. */
  frame(frame: OutgoingFrame): boolean
  control(bytes: Buffer): void
}

/** What may wait for one reader. */
const mostWaiting = { bytes: 4_194_304, frames: 60 } as const

/** Along with the messages of a connection. */
export function createTcpOutlet(socket: Socket, channels: readonly [number, number]): Outlet {
  let waiting = 0
  const flushed = (): void => {
    waiting -= 1
  }
  const isFull = (bytes: number): boolean => socket.writableLength + bytes > mostWaiting.bytes
  return {
    frame(frame) {
      if (waiting >= mostWaiting.frames || !socket.writable) return false
      const bytes = frame.interleaved(channels[0])
      if (isFull(bytes.length)) return false
      waiting += 1
      socket.write(bytes, flushed)
      return true
    },
    control(bytes) {
      if (socket.writable && !isFull(bytes.length)) socket.write(interleave(channels[1], [bytes]))
    },
  }
}

/** Sockets of a server, and ports and address of a reader. */
export interface UdpRoute {
  rtp: UdpSocket
  rtcp: UdpSocket
  address: string
  ports: readonly [number, number]
}

/** By datagrams; what the network loses is lost. */
export function createUdpOutlet({ rtp, rtcp, address, ports }: UdpRoute): Outlet {
  // Where nobody listens any more, the reader's silence ends it.
  const done = (): void => undefined
  return {
    frame(frame) {
      if (rtp.getSendQueueSize() > mostWaiting.bytes) return false
      for (const packet of frame.packets) rtp.send(packet, ports[0], address, done)
      return true
    },
    control: (bytes) => rtcp.send(bytes, ports[1], address, done),
  }
}
