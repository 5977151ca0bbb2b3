import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { MediaPrograms } from '../../scripts/tools/media-peers.ts'

const run = promisify(execFile)

/** `calm`: little moves, as GStreamer's server shows it; `busy`: all of it moves, for 2.6 Mbit a second. */
export type Recording = 'calm' | 'busy'

/**
 * Records ten seconds of H.264 of 1280×720, 25 pictures a second, a key picture each second. Gives the file of a byte stream with
 * delimiters, in a folder of its own.
 */
export async function recordVideo(programs: MediaPrograms, recording: Recording): Promise<string> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'pelton-bench-')), 'video.h264')
  const [program, args] = recording === 'calm' ? gstreamer(programs, file) : ffmpeg(programs, file)
  await run(program, args, { timeout: 60_000 })
  return file
}

/** The same picture by the same encoder as `/h264` of gst-rtsp-server.py. */
function gstreamer({ gstLaunch }: MediaPrograms, file: string): [program: string, args: string[]] {
  const source = 'videotestsrc num-buffers=250 pattern=ball ! video/x-raw,width=1280,height=720,framerate=25/1'
  const coder = 'x264enc tune=zerolatency speed-preset=ultrafast bitrate=2500 key-int-max=25'
  const shape = 'video/x-h264,profile=baseline,stream-format=byte-stream,alignment=au'
  return [gstLaunch, ['-q', ...`${source} ! ${coder} ! ${shape} ! filesink location=${file}`.split(' ')]]
}

/** One slice a picture, as cameras have it. */
function ffmpeg(programs: MediaPrograms, file: string): [program: string, args: string[]] {
  const source = '-f lavfi -i testsrc2=size=1280x720:rate=25 -t 10 -pix_fmt yuv420p'
  const rate = '-b:v 2500k -maxrate 2500k -bufsize 2500k -g 25 -keyint_min 25 -sc_threshold 0 -bf 0'
  const coder = '-c:v libx264 -profile:v main -preset veryfast -x264-params aud=1:sliced-threads=0:slices=1'
  return [programs.ffmpeg, ['-v', 'error', ...`${source} ${rate} ${coder} -f h264 -y ${file}`.split(' ')]]
}
