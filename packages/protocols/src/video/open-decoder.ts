import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import { findCommand } from '../process/find-command.ts'
import type { DecodingThreads } from './threads/decoding-threads.ts'
import { probeArguments } from './ffmpeg/ffmpeg-command.ts'
import { FfmpegDecoder } from './ffmpeg/ffmpeg-decoder.ts'
import { openStillDecoder } from './still-decoder.ts'
import type { NativePackage } from './threads/thread-messages.ts'
import type { DecodingOptions, SourceCodec, VideoDecoder, VideoDecoders } from './video-decoder.ts'

export { decodingThreads } from './threads/decoding-threads.ts'

/** Where decoders are looked for. */
export interface VideoDecodersOptions {
  /** Of the function. */
  folder: string
  threads: DecodingThreads
  /** File URL from which packages are looked for after the folder; this module's. */
  from?: string
  /** Where ffmpeg is looked for; the environment's `PATH`. */
  path?: string
  /** The decoders that are tried; all. */
  among?: readonly DecoderName[]
}

/** Packages and programs that decode. */
export type DecoderName = NativePackage | 'ffmpeg'

/** Their smallest entries: node-av's main one loads a module four times as large. */
const entries: Record<NativePackage, string> = {
  'node-av': 'node-av/lib',
  '@napi-rs/webcodecs': '@napi-rs/webcodecs',
  '@julusian/jpeg-turbo': '@julusian/jpeg-turbo',
}
const turboName = '@julusian/jpeg-turbo'
/** Best first. Of webcodecs' decoder of images only the sizes are right; jpeg-turbo is what is installed beside it. */
const orders: Record<SourceCodec, readonly DecoderName[]> = {
  h264: ['node-av', '@napi-rs/webcodecs', 'ffmpeg'],
  h265: ['node-av', '@napi-rs/webcodecs', 'ffmpeg'],
  jpeg: ['node-av', turboName, 'ffmpeg'],
}
const probeMs = 10_000

/** Decoders by what is installed: each stream gets the first one that opens. */
export function createVideoDecoders(options: VideoDecodersOptions): VideoDecoders {
  const open = (stream: DecodingOptions): Promise<VideoDecoder> => openFirst(stream, options)
  return {
    open: (stream) => (stream.codec === 'jpeg' ? openStillDecoder(stream, open, systemClock) : open(stream)),
  }
}

async function openFirst(stream: DecodingOptions, options: VideoDecodersOptions): Promise<VideoDecoder> {
  const { among } = options
  const faults: string[] = []
  for (const by of orders[stream.codec]) {
    if (among && !among.includes(by)) continue
    const opened = by === 'ffmpeg' ? await openFfmpeg(stream, options) : await openNative(by, stream, options)
    if (typeof opened !== 'string') return opened
    faults.push(opened)
  }
  throw errors.no_video_decoder({ codec: stream.codec, tried: faults.join('; ') })
}

/** The decoder, or why there is none. */
async function openNative(
  by: NativePackage,
  { codec, format, taker }: DecodingOptions,
  { folder, threads, from = import.meta.url }: VideoDecodersOptions,
): Promise<VideoDecoder | string> {
  const places = [join(folder, 'package.json'), from]
  const [turbo] = findModules(turboName, places)
  let fault = `${by} is not installed`
  for (const module of findModules(entries[by], places)) {
    try {
      return await threads.open({ by, codec, format, taker, module, turbo })
    } catch (error) {
      fault = `${by}: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return fault
}

async function openFfmpeg(
  { codec, format, taker }: DecodingOptions,
  { folder, path = process.env.PATH ?? '' }: VideoDecodersOptions,
): Promise<VideoDecoder | string> {
  const program = findCommand('ffmpeg', { path, folder })
  if (program === undefined) return 'there is no ffmpeg on the PATH'
  const isKnown = await knows(program, codec)
  if (!isKnown) return `ffmpeg: it has no decoder of ${codec}`
  return new FfmpegDecoder({ codec, format, taker, program, clock: systemClock })
}

async function knows(program: string, codec: SourceCodec): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(program, probeArguments(codec), { timeout: probeMs })
    return stdout.startsWith('Decoder')
  } catch {
    // It does not run at all: that is no decoder, either.
    return false
  }
}

/** A module's files, as it is found from each of the places. */
function findModules(name: string, places: readonly string[]): Set<string> {
  const found = new Set<string>()
  for (const from of places) {
    try {
      found.add(createRequire(from).resolve(name))
    } catch {
      // Not installed there.
    }
  }
  return found
}
