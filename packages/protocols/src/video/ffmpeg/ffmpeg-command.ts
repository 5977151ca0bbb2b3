import type { PictureFormat, SourceCodec } from '../video-decoder.ts'

/** Between the times of two units: pictures that are put in order may need times between them. */
export const timeStep = 16

const decoders = { h264: 'h264', h265: 'hevc', jpeg: 'mjpeg' } as const

const encodings: Record<PictureFormat, { muxer: string; options: readonly string[] }> = {
  // Standard Huffman tables, for RFC 2435 readers.
  jpeg: { muxer: 'mjpeg', options: ['-c:v', 'mjpeg', '-huffman', 'default', '-q:v', '3', '-pix_fmt', 'yuvj420p'] },
  rgb: { muxer: 'rawvideo', options: ['-c:v', 'rawvideo', '-pix_fmt', 'rgb24'] },
  i420: { muxer: 'rawvideo', options: ['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-color_range', 'tv'] },
}

/**
 * How ffmpeg (from 5.1 on) decodes units in IVF from its input to pictures on its output; descriptor 3 gets a line for each
 * picture with its time and its size in bytes. Every picture comes out as soon as it is decoded.
 */
export function ffmpegArguments(codec: SourceCodec, format: PictureFormat, mostPixels: number): string[] {
  const { muxer, options } = encodings[format]
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error']
  const soon = ['-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0', '-flags', 'low_delay']
  // Half a JPEG is no picture.
  const strict = codec === 'jpeg' ? ['-err_detect', 'explode'] : []
  const input = [
    ...soon,
    ...strict,
    '-threads',
    '1',
    '-max_pixels',
    String(mostPixels),
    '-c:v',
    decoders[codec],
    '-f',
    'ivf',
  ]
  // Where pictures are reordered the times of their units are not in order, which no encoder takes.
  const order = "setpts='if(isnan(PREV_OUTPTS),PTS,max(PTS,PREV_OUTPTS+1))'"
  const timed = ['-copyts', '-i', 'pipe:0', '-map', '0:v:0', '-vf', order, '-fps_mode', 'passthrough']
  const outputs = `[f=framecrc:flush_packets=1]pipe:3|[f=${muxer}:flush_packets=1]pipe:1`
  const out = ['-enc_time_base', '-1', ...options, '-threads', '1', '-f', 'tee', outputs]
  return [...quiet, ...input, ...timed, ...out]
}

/** Asks ffmpeg whether it knows a decoder: its answer begins with `Decoder`. */
export function probeArguments(codec: SourceCodec): string[] {
  return ['-hide_banner', '-loglevel', 'error', '-h', `decoder=${decoders[codec]}`]
}
