import type { TriggerContext } from '@pelton/core'
import type { VideoDecoders } from './video-decoder.ts'

/**
 * The decoders of a processor: its kinds share their threads. They are looked for from `folder`, the function's, and then
 * from Pelton itself: the packages node-av and @napi-rs/webcodecs, then the program ffmpeg.
 */
export async function videoDecoders(context: Pick<TriggerContext, 'shared'>, folder: string): Promise<VideoDecoders> {
  // Only those who decode load it.
  const { createVideoDecoders, decodingThreads } = await import('./open-decoder.ts')
  return createVideoDecoders({ folder, threads: context.shared(decodingThreads) })
}
