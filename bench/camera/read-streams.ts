// node read-streams.ts URL TRANSPORT COUNT: so many readers of a stream. Prints a line when all of them have a picture, and for each line
// that it reads how many pictures and packets came so far, and how many packets never came.
import { createInterface } from 'node:readline'
import { connectRtsp } from '@pelton/protocols/rtsp'

const [url = '', transport = 'tcp', count = '1'] = process.argv.slice(2)
const leave = new AbortController()
const counts = { pictures: 0, packets: 0, lost: 0 }
let waiting = Number(count)

/** Reads, and resolves when it ends; `playing` is called when it has begun. */
const read = async (playing: () => void): Promise<void> => {
  let pictures = 0
  let next: number | undefined
  await connectRtsp({
    url,
    media: 'video',
    transport: transport === 'udp' ? 'udp' : 'tcp',
    signal: leave.signal,
    onReady(facts) {
      if (facts.transport !== transport) throw new Error(`packets come by ${facts.transport}`)
    },
    onPlaying: playing,
    onPacket(packet) {
      counts.packets += 1
      if (next !== undefined) counts.lost += (packet.sequence - next) & 0xffff
      next = (packet.sequence + 1) & 0xffff
      if (!packet.isMarked) return
      counts.pictures += 1
      pictures += 1
      if (pictures > 1) return
      waiting -= 1
      if (waiting === 0) process.stdout.write('ready\n')
    },
  })
}

const reading: Promise<void>[] = []
// One after the other: GStreamer's server does not bear it otherwise.
for (let begun = 0; begun < Number(count); begun++) {
  await new Promise<void>((playing) => {
    const one = read(playing)
    reading.push(one)
    // One that fails fails all.
    one.catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    })
  })
}
const lines = createInterface({ input: process.stdin })
lines.on('line', () => process.stdout.write(`${JSON.stringify(counts)}\n`))
lines.on('close', () => leave.abort())
await Promise.all(reading)
