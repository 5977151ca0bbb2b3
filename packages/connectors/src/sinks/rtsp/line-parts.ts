import type { Clock } from '@pelton/core'
import type { StreamSource } from '@pelton/protocols/rtsp'
import type { OfferedMedia } from '@pelton/protocols/sdp'
import type { RtspAttributes } from './config.ts'
import type { StreamCounts } from './stream-counts.ts'

/** What a line is made of. */
export interface LineParts {
  /** Of the sink. */
  name: string
  attributes: RtspAttributes
  /** Absolute, of the function: packages are looked for there first. */
  folder: string
  clock: Clock
  credentials: StreamSource['credentials']
  /** Counted on. */
  counts: StreamCounts
  /** The session description with this medium. */
  describe: (medium: OfferedMedia) => string
}
