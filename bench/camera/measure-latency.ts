import { findFreePort } from '@pelton/testkit'
import { treeCpuMicroseconds } from '../process-tree.ts'
import { type Rounds, type Sample, type Samples, interleave, medianOf, table, whole } from '../samples.ts'
import { startMjpegCamera } from './mjpeg-camera.ts'
import { viewMjpeg } from './mjpeg-viewer.ts'
import { timeOf, withTime } from './marked-picture.ts'
import { pictureOf } from './picture.ts'
import { type RunningFunction, startFunction } from './start-function.ts'

const perSecond = 25
const frameMs = 1_000 / perSecond

/** Times from showing a picture to the viewer who has all of it. */
interface LatencySample extends Sample {
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

/** A function between a camera and a viewer. */
interface Relay {
  name: string
  handler: string
  ownMs: number
}

const relays: Relay[] = [
  { name: 'handler of 0 ms', handler: 'handler.ts:relay', ownMs: 0 },
  { name: 'handler of 20 ms', handler: 'handler.ts:relayLate', ownMs: 20 },
]
const direct = 'camera to viewer, nothing between'

/** Camera → mjpeg trigger → handler → mjpeg sink → viewer; camera and viewer are in this process, so that there is one clock. */
export async function measureLatency(rounds: Rounds): Promise<string> {
  const picture = await pictureOf(640, 360, 20_000)
  const camera = await startMjpegCamera({ perSecond, picture: () => withTime(picture, performance.now()) })
  const running: RunningFunction[] = []
  try {
    const subjects = [{ name: direct, measure: (seconds: number) => watch(camera.url, seconds) }]
    for (const { name, handler } of relays) {
      const port = await findFreePort()
      const attributes = 'spec.triggers.camera.attributes'
      const sets = [
        `spec.handler=${handler}`,
        `${attributes}.url=${camera.url}`,
        `${attributes}.sink.attributes.port=${port}`,
      ]
      const served = await startFunction({ folder: 'relay', sets })
      running.push(served)
      subjects.push({ name, measure: (seconds) => watch(`http://127.0.0.1:${port}/stream`, seconds, served.pid) })
    }
    return rowsOf(await interleave(subjects, rounds))
  } finally {
    for (const served of running) await served.stop()
    await camera.close()
  }
}

async function watch(url: string, seconds: number, pid?: number): Promise<LatencySample> {
  const times: number[] = []
  const viewer = await viewMjpeg(url, (frame) => times.push(performance.now() - timeOf(frame)))
  const before = pid === undefined ? 0 : treeCpuMicroseconds(pid)
  // The first one may be the latest of before.
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const cpuUs = pid === undefined ? 0 : treeCpuMicroseconds(pid) - before
  viewer.close()
  if (viewer.fault !== undefined) throw new Error(`${url}: ${viewer.fault}`)
  const sorted = times.slice(1).toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return {
    perSecond: times.length / seconds,
    cpuUs: cpuUs / times.length,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
  }
}

function rowsOf(samples: Samples<LatencySample>): string {
  const rows = [{ name: direct, ownMs: 0 }, ...relays].map(({ name, ownMs }) => {
    const of = (figure: (sample: LatencySample) => number): number => medianOf(samples, name, figure)
    const beyond = of((s) => s.p95Ms) - ownMs
    return [
      name,
      of((s) => s.perSecond).toFixed(1),
      ...[of((s) => s.p50Ms), of((s) => s.p95Ms), of((s) => s.p99Ms), beyond].map((ms) => `${ms.toFixed(1)} ms`),
      name === direct ? '' : `≤ ${frameMs + 15} ms`,
      name === direct ? '' : whole(of((s) => s.cpuUs)),
    ]
  })
  const header = [
    '20 KB pictures, 25 a second',
    'frames/s',
    'p50',
    'p95',
    'p99',
    'p95 beyond the handler',
    'wanted',
    'CPU µs/frame',
  ]
  return table(header, rows)
}
