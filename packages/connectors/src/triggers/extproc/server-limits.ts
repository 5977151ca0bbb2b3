import type { ExtProcAttributes } from './config.ts'

const defaultStreams = 100
const defaultShutdownMs = 15_000

/** What bounds the gRPC server. As in the files of DigitalHub, 0 stands for the default. */
export function serverLimits({
  gracefulShutdownTimeout,
  maxConcurrentStreams,
}: Pick<ExtProcAttributes, 'gracefulShutdownTimeout' | 'maxConcurrentStreams'>): {
  maxConcurrentStreams: number
  shutdownMs: number
} {
  return {
    maxConcurrentStreams: maxConcurrentStreams || defaultStreams,
    shutdownMs: gracefulShutdownTimeout || defaultShutdownMs,
  }
}
