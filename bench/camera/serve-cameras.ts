// node serve-cameras.ts FILE COUNT: so many cameras at /0, /1, … of one RTSP server, which send a recording over and over, each at another
// place of it. Prints its port; ends with its input.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { RtpSender, packetiseH264, splitAnnexB } from '@pelton/protocols/rtp'
import { serveRtsp } from '@pelton/protocols/rtsp'
import { writeSdp } from '@pelton/protocols/sdp'

const [file = '', count = '1'] = process.argv.slice(2)
const perSecond = 25
/** Of NAL units (ITU-T H.264 table 7-1). */
const types = { idr: 5, sequenceSet: 7, pictureSet: 8, delimiter: 9 } as const
const typeOf = (unit: Buffer): number => unit[0]! & 0x1f

/** NAL units of one picture after the other. */
const pictures: Buffer[][] = []
for (const unit of splitAnnexB(readFileSync(file))) {
  if (typeOf(unit) === types.delimiter) pictures.push([])
  else pictures.at(-1)?.push(unit)
}
const sets = pictures[0]!.filter((unit) => [types.sequenceSet, types.pictureSet].some((type) => type === typeOf(unit)))
const parameters = {
  'packetization-mode': 1,
  'profile-level-id': sets[0]!.toString('hex', 1, 4),
  'sprop-parameter-sets': sets.map((unit) => unit.toString('base64')).join(','),
}

const server = await serveRtsp({ host: '127.0.0.1', port: 0 })
const cameras = Array.from({ length: Number(count) }, (_, index) => startCamera(index))
process.stdout.write(`${server.port}\n`)
process.stdin.on('end', () => process.exit(0)).resume()
const startedAt = performance.now()
for (let tick = 0; ; tick++) {
  cameras[tick % cameras.length]?.()
  const dueAt = startedAt + ((tick + 1) * 1_000) / perSecond / cameras.length
  await sleep(Math.max(0, dueAt - performance.now()))
}

/** Gives what sends its next picture. */
function startCamera(index: number): () => void {
  const sender = new RtpSender({ payloadType: 96, clockRate: 90_000 })
  const started = performance.now()
  const stream = server.add(`/${index}`, {
    sdp: () =>
      writeSdp({
        title: 'camera',
        address: '127.0.0.1',
        sessionId: String(index + 1),
        media: [{ type: 'video', payloadType: 96, encoding: 'H264', clockRate: 90_000, parameters, control: 't' }],
      }),
    report: () => sender.report(Date.now(), performance.now() - started),
    nextSequence: () => sender.nextSequence,
  })
  let at = Math.floor((index * pictures.length) / Number(count))
  return () => {
    const units = pictures[at++ % pictures.length]!
    const packets = packetiseH264(sender, units, sender.timestampAt(performance.now() - started))
    stream.send(packets, { isKey: units.some((unit) => typeOf(unit) === types.idr) })
  }
}
