/** What a session description says, as far as a stream can be read by it (RFC 8866). */
export interface SessionDescription {
  /** `s=`; empty when there is none. */
  title: string
  /** `a=control` of the session as it stands there (RFC 2326 C.1.1). */
  control: string | undefined
  media: MediaDescription[]
}

/** Who sends: as the description says it, `sendrecv` by default. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** One `m=` section. */
export interface MediaDescription {
  /** `video`, `audio`, or whatever else it says, in lower case. */
  type: string
  port: number
  /** Such as `RTP/AVP`, in upper case. */
  protocol: string
  /** Those whose name is a payload type, in the order of the description. */
  formats: MediaFormat[]
  control: string | undefined
  direction: Direction
  /** Frames a second; undefined when it is not said. */
  framerate: number | undefined
  /** Pixels, by `a=x-dimensions` or `a=framesize`. */
  dimensions: { width: number; height: number } | undefined
}

/** One payload type of a medium. */
export interface MediaFormat {
  payloadType: number
  /** In upper case, such as `H264`; empty when the payload type is dynamic and nothing says what it is. */
  encoding: string
  /** Ticks a second of its timestamps; 0 when nothing says it. */
  clockRate: number
  /** 1 unless it says otherwise. */
  channels: number
  /** `a=fmtp`: names in lower case. */
  parameters: Map<string, string>
}
