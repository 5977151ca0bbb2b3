export type { RtspReady, RtspTransport } from './client-events.ts'
export type { ConnectRtspOptions, RtspStreamFacts } from './connect-options.ts'
export { connectRtsp } from './connect-rtsp.ts'
export type { RtspTls } from './open-socket.ts'
export type { RtpInfo } from './rtp-info.ts'
export type { RtspStream } from './rtsp-stream.ts'
export {
  type RtspListener,
  type RtspListenOptions,
  type RtspListeners,
  createRtspListeners,
  rtspListeners,
} from './rtsp-listeners.ts'
export { type RtspServer, type ServeRtspOptions, serveRtsp } from './serve-rtsp.ts'
export { type ReaderCounts, type StreamSource, createReaderCounts } from './stream-source.ts'
