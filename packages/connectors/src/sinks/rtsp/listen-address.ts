import type { ListenAddress } from '@pelton/core'
import type { RtspAttributes } from './config.ts'

const defaultPort = 8554

/** Where the sink listens. Its default port gives way to who has it already. */
export function listenAddress({ host, port, path }: RtspAttributes): ListenAddress {
  return { host, port: port ?? defaultPort, path, configured: port !== undefined }
}
