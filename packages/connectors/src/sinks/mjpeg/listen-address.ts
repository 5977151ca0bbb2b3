import type { ListenAddress } from '@pelton/core'
import type { MjpegAttributes } from './config.ts'

const defaultPort = 8081

/** Where the sink listens. Its default port gives way to who has it already. */
export function listenAddress({ host, port, path }: MjpegAttributes): ListenAddress {
  return { host, port: port ?? defaultPort, path, configured: port !== undefined }
}
