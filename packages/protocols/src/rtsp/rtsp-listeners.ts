import { defineShared } from '@pelton/core'
import { formatAddress } from '../http/bind.ts'
import { SharedPorts, type WantedPath } from '../http/shared-ports.ts'
import type { RtspStream } from './rtsp-stream.ts'
import { type RtspServer, type ServeRtspOptions, defaultMaxReaders, serveRtsp } from './serve-rtsp.ts'
import { normalisePath, streamKey } from './stream-path.ts'
import type { StreamSource } from './stream-source.ts'

/** What a kind asks of the shared servers. */
export interface RtspListenOptions extends ServeRtspOptions, WantedPath {
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
  /** The port that was asked for, when another one had to be taken. */
  readonly movedFrom?: number
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

type Ports = SharedPorts<RtspListenOptions, RtspServer>

/** Makes a set of servers of its own; a processor has one, by `rtspListeners`. */
export function createRtspListeners(): RtspListeners {
  const ports = new SharedPorts<RtspListenOptions, RtspServer>({ open: serveRtsp, differingKey })
  return { listen: (options) => listen(ports, { ...options, path: normalisePath(options.path) }) }
}

/** Who says nothing, or any port, takes what there is; what is compared is what holds, said or by default. */
function differingKey(first: ServeRtspOptions, other: ServeRtspOptions): string | undefined {
  const keys = [
    ['rtpPort', 'rtp_port', 0],
    ['rtcpPort', 'rtcp_port', 0],
    ['maxReaders', 'max_readers', defaultMaxReaders],
  ] as const
  const differs = ([key, , byDefault]: (typeof keys)[number]): boolean => {
    const wanted = other[key] ?? 0
    return wanted !== 0 && wanted !== (first[key] ?? byDefault)
  }
  return keys.find(differs)?.[1]
}

async function listen(ports: Ports, options: RtspListenOptions): Promise<RtspListener> {
  const { server, leave, ...moved } = await ports.take({ ...options, path: streamKey(options.path) })
  const stream = server.add(options.path, options.source)
  return {
    url: urlOf(server, options.path),
    host: server.host,
    port: server.port,
    ...moved,
    stream,
    async close() {
      server.remove(stream)
      if (leave()) await server.close()
    },
  }
}

function urlOf({ host, port }: RtspServer, path: string): string {
  const isEverywhere = host === '' || host === '::' || host === '0.0.0.0'
  return `rtsp://${formatAddress(isEverywhere ? '127.0.0.1' : host, port)}${path}`
}
