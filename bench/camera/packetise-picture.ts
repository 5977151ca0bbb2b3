// node packetise-picture.ts BARE|WHOLE FRAME_BYTES SECONDS: makes RTP packets of a JPEG for so long, bare or with reading its head, as the sink does,
// and prints how often and the CPU time.
import { readJpeg, rtpFitness } from '@pelton/protocols/jpeg'
import { RtpSender, packetiseJpeg } from '@pelton/protocols/rtp'
import { pictureOf } from './picture.ts'

const [kind = 'bare', frameBytes = '20000', seconds = '1'] = process.argv.slice(2)
const bytes = await pictureOf(640, 360, Number(frameBytes))
const sender = new RtpSender({ payloadType: 26, clockRate: 90_000 })
const fit = (): Parameters<typeof packetiseJpeg>[1] => {
  const facts = readJpeg(bytes)
  const fitness = rtpFitness(facts, 'padded')
  if ('why' in fitness) throw new Error(fitness.why)
  return { bytes, facts, type: fitness.type }
}
const once = fit()
let packets = 0
const packetise = (untilMs: number): number => {
  let frames = 0
  do {
    for (let i = 0; i < 100; i++)
      packets = packetiseJpeg(sender, kind === 'bare' ? once : fit(), sender.timestampOf(frames++)).length
  } while (performance.now() < untilMs)
  return frames
}
packetise(performance.now() + 300)
const before = process.cpuUsage()
const frames = packetise(performance.now() + Number(seconds) * 1_000)
const { user, system } = process.cpuUsage(before)
process.stdout.write(`${JSON.stringify({ bytes: bytes.length, packets, frames, cpuUs: user + system })}\n`)
