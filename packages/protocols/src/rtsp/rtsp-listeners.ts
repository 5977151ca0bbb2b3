import { defineShared } from '@pelton/core'
import { errors } from '../errors.ts'
import { formatAddress } from '../http/bind.ts'
import type { RtspStream } from './rtsp-stream.ts'
import { type RtspServer, type ServeRtspOptions, serveRtsp } from './serve-rtsp.ts'
import { normalisePath } from './stream-path.ts'
import type { StreamSource } from './stream-source.ts'

/** What a kind asks of the shared servers. */
export interface RtspListenOptions extends ServeRtspOptions {
  /** Served exactly; a slash before it is added where it is missing. */
  path: string
  source: StreamSource
}

/** A stream that is served. */
export interface RtspListener {
  /** For a reader on this machine. */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly stream: RtspStream
  /** Ends the stream and its readers; the last one of a port takes the port along. */
  close(): Promise<void>
}

/** All RTSP ports of a processor: kinds share a port by path. */
export interface RtspListeners {
  /** Rejects with `path_taken`, `listener_differs`, `port_taken` or another reason why it cannot be bound. */
  listen(options: RtspListenOptions): Promise<RtspListener>
}

/** The servers that all kinds of a processor share. */
export const rtspListeners = defineShared<RtspListeners>('rtsp-listeners', createRtspListeners)

interface Port {
  readonly key: string
  readonly server: RtspServer
  /** The first user's: it fixes what all of them share. */
  readonly options: ServeRtspOptions
  streams: number
}

type Ports = Map<string, Promise<Port>>

/** Makes a set of servers of its own; a processor has one, by `rtspListeners`. */
export function createRtspListeners(): RtspListeners {
  const ports: Ports = new Map()
  return { listen: (options) => listen(ports, options) }
}

async function listen(ports: Ports, options: RtspListenOptions): Promise<RtspListener> {
  const port = await findPort(ports, options)
  const key = differingKey(port.options, options)
  if (key) throw errors.listener_differs({ address: port.key, key })
  const stream = port.server.add(options.path, options.source)
  port.streams += 1
  return {
    url: urlOf(port.server, options.path),
    host: port.server.host,
    port: port.server.port,
    stream,
    close: () => leave(ports, port, stream),
  }
}

async function findPort(ports: Ports, options: RtspListenOptions): Promise<Port> {
  const key = formatAddress(options.host, options.port)
  const known = options.port === 0 ? undefined : ports.get(key)
  if (known) return known
  const opening = openPort(options)
  if (options.port === 0) {
    const port = await opening
    ports.set(port.key, opening)
    return port
  }
  ports.set(key, opening)
  opening.catch(() => ports.delete(key))
  return opening
}

async function openPort(options: RtspListenOptions): Promise<Port> {
  const server = await serveRtsp(options)
  return { key: formatAddress(options.host, server.port), server, options, streams: 0 }
}

/** Who says nothing takes what there is. */
function differingKey(first: ServeRtspOptions, other: ServeRtspOptions): string | undefined {
  const keys = [
    ['rtpPort', 'rtp_port'],
    ['rtcpPort', 'rtcp_port'],
    ['maxReaders', 'max_readers'],
  ] as const
  return keys.find(([key]) => other[key] !== undefined && (other[key] || 0) !== (first[key] ?? 0))?.[1]
}

async function leave(ports: Ports, port: Port, stream: RtspStream): Promise<void> {
  if (port.server.remove(stream)) port.streams -= 1
  if (port.streams > 0) return
  ports.delete(port.key)
  await port.server.close()
}

function urlOf({ host, port }: RtspServer, path: string): string {
  const isEverywhere = host === '' || host === '::' || host === '0.0.0.0'
  return `rtsp://${formatAddress(isEverywhere ? '127.0.0.1' : host, port)}${normalisePath(path)}`
}
