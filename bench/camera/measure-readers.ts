import { findFreePort } from '@pelton/testkit'
import { treeCpuMicroseconds } from '../process-tree.ts'
import { type Rounds, type Sample, type Samples, interleave, medianOf, table, whole } from '../samples.ts'
import { startGstCameras } from './gst-cameras.ts'
import { mediaPrograms } from './media-programs.ts'
import { startMjpegCamera } from './mjpeg-camera.ts'
import { pictureOf } from './picture.ts'
import { startFunction } from './start-function.ts'
import { startReaders } from './stream-readers.ts'

const readers = 50
const perSecond = 15

interface ReaderSample extends Sample {
  /** CPU time of the server for each second. */
  cores: number
  lost: number
}

/** Who serves the stream to how many. */
interface Reading {
  name: string
  pid: number
  url: string
  transport: 'tcp' | 'udp'
  readers: number
}

/** One stream of 640×360 and what its readers cost the process that serves it. */
export async function measureReaders(rounds: Rounds): Promise<string> {
  const picture = await pictureOf(640, 360, 20_000)
  const camera = await startMjpegCamera({ perSecond, picture: () => picture })
  const port = await findFreePort()
  const attributes = 'spec.triggers.camera.attributes'
  const sets = [`${attributes}.url=${camera.url}`, `${attributes}.sink.attributes.port=${port}`]
  const served = await startFunction({ folder: 'broadcast', sets })
  const gst = await startGstCameras(await mediaPrograms())
  const url = `rtsp://127.0.0.1:${port}/live`
  const own = { pid: served.pid, url }
  const peer = { pid: gst.pid, url: `${gst.url}/mjpeg` }
  const readings: Reading[] = [
    { name: 'Pelton, 1 reader by TCP', ...own, transport: 'tcp', readers: 1 },
    { name: `Pelton, ${readers} by TCP`, ...own, transport: 'tcp', readers },
    { name: `Pelton, ${readers} by UDP`, ...own, transport: 'udp', readers },
    { name: "GStreamer's server, 1 by TCP", ...peer, transport: 'tcp', readers: 1 },
    { name: `GStreamer's server, ${readers} by TCP`, ...peer, transport: 'tcp', readers },
    { name: `GStreamer's server, ${readers} by UDP`, ...peer, transport: 'udp', readers },
  ]
  try {
    const subjects = readings.map((reading) => ({
      name: reading.name,
      measure: (seconds: number) => read(reading, seconds),
    }))
    return rowsOf(await interleave(subjects, rounds), readings)
  } finally {
    await served.stop()
    await gst.stop()
    await camera.close()
  }
}

async function read({ pid, url, transport, readers: count }: Reading, seconds: number): Promise<ReaderSample> {
  const all = await startReaders(url, transport, count)
  const [before, cpuBefore, since] = [await all.counts(), treeCpuMicroseconds(pid), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const [after, cpuAfter, until] = [await all.counts(), treeCpuMicroseconds(pid), performance.now()]
  await all.stop()
  const elapsedUs = (until - since) * 1_000
  const pictures = after.pictures - before.pictures
  return {
    perSecond: (pictures * 1e6) / elapsedUs / count,
    cpuUs: (cpuAfter - cpuBefore) / pictures,
    cores: (cpuAfter - cpuBefore) / elapsedUs,
    lost: after.lost - before.lost,
  }
}

function rowsOf(samples: Samples<ReaderSample>, readings: readonly Reading[]): string {
  const rows = readings.map(({ name, readers: count }) => {
    const of = (figure: (sample: ReaderSample) => number): number => medianOf(samples, name, figure)
    return [
      name,
      of((s) => s.cores).toFixed(3),
      name.startsWith('Pelton') && count > 1 ? '≤ 0.6' : '',
      whole(of((s) => s.cpuUs)),
      of((s) => s.perSecond).toFixed(1),
      whole(of((s) => s.lost)),
    ]
  })
  const header = [
    '640×360, 15 a second',
    'cores',
    'wanted',
    'CPU µs each picture and reader',
    'pictures/s of each',
    'packets lost',
  ]
  return table(header, rows)
}
