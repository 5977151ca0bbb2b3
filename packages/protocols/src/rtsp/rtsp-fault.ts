/** A peer broke RTSP or a limit: the connection cannot be read on. */
export class RtspFault extends Error {
  override readonly name = 'RtspFault'
}
