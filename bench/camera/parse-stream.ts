// node parse-stream.ts SIZED|OPEN FRAME_BYTES CHUNK_BYTES SECONDS: reads a recorded MJPEG stream for so long, and prints bytes, frames and CPU time.
import { MjpegReader, partTail } from '@pelton/protocols/mjpeg'
import { pictureOf } from './picture.ts'

const [kind = 'sized', frameBytes = '20000', chunkBytes = '1448', seconds = '1'] = process.argv.slice(2)
const [width, height] = Number(frameBytes) > 60_000 ? [1280, 720] : [640, 360]
const picture = await pictureOf(width, height, Number(frameBytes))
const length = kind === 'sized' ? `Content-Length: ${picture.length}\r\n` : ''
const part = Buffer.concat([Buffer.from(`--frame\r\nContent-Type: image/jpeg\r\n${length}\r\n`), picture, partTail])
// Some hundred frames, so that chunks begin anywhere in them and nothing stays in the nearest cache.
const count = Math.ceil(8e6 / part.length)
const stream = Buffer.concat(Array.from({ length: count }, () => part))
const chunks = Array.from({ length: Math.ceil(stream.length / Number(chunkBytes)) }, (_, i) =>
  stream.subarray(i * Number(chunkBytes), (i + 1) * Number(chunkBytes)),
)
let frames = 0
let wrong = 0
const reader = new MjpegReader(
  { boundary: 'frame' },
  {
    onFrame(frame) {
      frames += 1
      if (frame.length !== picture.length) wrong += 1
    },
    onFault: () => void (wrong += 1),
  },
)
const read = (untilMs: number): number => {
  let rounds = 0
  do {
    for (const chunk of chunks) reader.push(chunk)
    rounds += 1
  } while (performance.now() < untilMs)
  return rounds
}
read(performance.now() + 300)
frames = 0
const before = process.cpuUsage()
const rounds = read(performance.now() + Number(seconds) * 1_000)
const { user, system } = process.cpuUsage(before)
// The last one of a round that names no length ends with the first of the next.
if (wrong > 0 || Math.abs(frames - rounds * count) > 1)
  throw new Error(`${frames} frames of ${rounds * count}, ${wrong} wrong`)
process.stdout.write(`${JSON.stringify({ bytes: rounds * stream.length, frames, cpuUs: user + system })}\n`)
