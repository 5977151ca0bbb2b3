import { measureBytes } from './camera/measure-bytes.ts'
import { measureFirstFrame } from './camera/measure-first-frame.ts'
import { measureLatency } from './camera/measure-latency.ts'
import { measureMany } from './camera/measure-many.ts'
import { measureReaders } from './camera/measure-readers.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)

/** Cameras that are pulled, what their pictures cost, and who looks at the answers. */
export async function measureCamera(): Promise<string> {
  const first =
    `Medians of ${rounds} interleaved rounds. From connecting to the first picture, by TCP, 100 to 700 ms after the camera's last key picture: ` +
    'the function runs and its connection is let go, FFmpeg is started; both make a JPEG of it.'
  const many =
    'H.264 of 1280×720, 25 pictures a second, sent by a process of ours from a recording: a calm one (GStreamer’s ball, 0.2 Mbit a second) and a busy one (2.6 Mbit). ' +
    'All pictures are decoded, five a second of each camera become JPEGs for a TypeScript handler. CPU is that of all processes.'
  const readers =
    'One stream of 20 KB JPEGs: camera → mjpeg trigger → handler → rtsp sink; all of that is in the CPU time, as is the encoding of GStreamer’s. ' +
    'Readers are in a process of their own.'
  const latency =
    'From showing a picture to the viewer who has all of it: camera → mjpeg trigger → handler → mjpeg sink → viewer.'
  return [
    first,
    await measureFirstFrame(rounds),
    many,
    await measureMany({ rounds, seconds: 20 }),
    await measureBytes({ rounds, seconds: 2 }),
    readers,
    await measureReaders({ rounds, seconds: 5 }),
    latency,
    await measureLatency({ rounds, seconds: 5 }),
  ].join('\n\n')
}
