// SOAK_MINUTES=15 npx node bench/camera-soak.ts: three cameras that are restarted now and then, six streams, viewers that come, go and never
// read; prints each minute what the processor holds; exit code 1 when memory went on growing or a count is wrong.
// Wants what `npm run build` makes, and FFmpeg and GStreamer.
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { startGstCameras } from './camera/gst-cameras.ts'
import { createHeapProbe } from './camera/heap-probe.ts'
import { mediaPrograms } from './camera/media-programs.ts'
import { startMjpegCamera } from './camera/mjpeg-camera.ts'
import { pictureOf } from './camera/picture.ts'
import { type ProcessFacts, processFacts } from './camera/process-facts.ts'
import { type SoakFunction, startSoakFunction } from './camera/soak-function.ts'
import { type Memory, type Soaked, judge } from './camera/soak-judgement.ts'
import {
  comeAndGo,
  createSeen,
  lookAtMjpeg,
  lookAtRtsp,
  neverRead,
  neverReadRtsp,
  pause,
} from './camera/soak-viewers.ts'

const minutes = Number(process.env['SOAK_MINUTES'] ?? 15)
if (!(minutes > 0)) {
  process.stderr.write('SOAK_MINUTES is a number above zero\n')
  process.exit(1)
}
/** Until then memory finds its size. */
const settleMinutes = Math.min(3, minutes / 2)
const sampleMs = 2_000
const restartMs = { least: 20_000, most: 60_000 }
const viewersOfEach = 2

const over = new AbortController()
const seen = createSeen()
const logged = new Map<string, number>()
let messages = 0

const programs = await mediaPrograms()
let gst = await startGstCameras(programs)
const picture = await pictureOf(640, 360, 20_000)
const camera = await startMjpegCamera({ perSecond: 15, picture: () => picture })
const receiver = new WebSocketServer({ port: 0, host: '127.0.0.1' })
receiver.on('connection', (socket) => socket.on('message', () => void (messages += 1)))
await once(receiver, 'listening')

const inspector = Promise.withResolvers<string>()
const served = await startSoakFunction(
  { rtsp: gst.url, mjpeg: camera.url, receiver: `ws://127.0.0.1:${(receiver.address() as AddressInfo).port}` },
  {
    execArgv: ['--inspect=127.0.0.1:0'],
    onLine: ({ message }) => void logged.set(message, (logged.get(message) ?? 0) + 1),
    onText: (text) => inspector.resolve(/ws:\/\/\S+/.exec(text)?.[0] ?? ''),
  },
)
const heap = createHeapProbe(await inspector.promise)
const faults: string[] = []
try {
  faults.push(...(await soak(served)))
} finally {
  over.abort()
  await served.stop().catch((error: unknown) => faults.push(String(error)))
  receiver.close()
  receiver.clients.forEach((client) => client.terminate())
  await camera.close()
  await gst.stop()
}
for (const fault of faults) process.stdout.write(`✖ ${fault}\n`)
process.stdout.write(faults.length === 0 ? 'nothing grew, and all counts are right\n' : `${faults.length} faults\n`)
process.exitCode = faults.length === 0 ? 0 : 1

async function soak(running: SoakFunction): Promise<string[]> {
  await pause(4_000, over.signal)
  const before = processFacts(running.pid)
  print('start', before, await heap.used())
  const busy = [...startViewers(running), restartCameras()]
  const settled = await watch(running)
  const ended = await withoutGarbage(running)
  over.abort()
  await Promise.all(busy)
  // Cameras that were restarted last are connected by then, and what viewers held is given back.
  await pause(12_000, new AbortController().signal)
  const after = processFacts(running.pid)
  print('end', after, await heap.collected())
  const soaked: Soaked = { memory: [settled, ended], holdings: [before, after], seen, logged }
  const { visits, frames, packets } = seen
  const restarts = logged.get('source_lost') ?? 0
  process.stdout.write(
    `${visits} visits saw ${frames} pictures and ${packets} packets; ${messages} messages; ${restarts} losses; without garbage ` +
      `${tell(settled)} after ${settleMinutes} minutes, then ${tell(ended)}\n`,
  )
  return judge(soaked, running)
}

function startViewers({ mjpegUrls, rtspUrls }: SoakFunction): Promise<void>[] {
  const { signal } = over
  const looks = [
    ...mjpegUrls.map((url) => (leave: AbortSignal) => lookAtMjpeg(url, seen, leave)),
    ...rtspUrls.map((source) => (leave: AbortSignal) => lookAtRtsp(source, 'tcp', seen, leave)),
    ...rtspUrls.map((source) => (leave: AbortSignal) => lookAtRtsp(source, 'udp', seen, leave)),
  ]
  return [
    ...looks.flatMap((look) => Array.from({ length: viewersOfEach }, () => comeAndGo(look, seen, signal))),
    ...mjpegUrls.map((url) => neverRead(url, signal)),
    ...rtspUrls.map(({ url }) => neverReadRtsp(url, signal)),
  ]
}

/** Each in turn is away for some seconds, at the same address again. */
async function restartCameras(): Promise<void> {
  const { signal } = over
  for (let turn = 0; !signal.aborted; turn++) {
    await pause(restartMs.least + Math.random() * (restartMs.most - restartMs.least), signal)
    if (signal.aborted) return
    if (turn % 2 === 0) camera.cut()
    else {
      await gst.stop()
      await pause(Math.random() * 5_000, signal)
      gst = await startGstCameras(programs, gst.port)
    }
  }
}

/** Gives what it held without garbage when it had settled. */
async function watch(running: SoakFunction): Promise<Memory> {
  const since = performance.now()
  const elapsed = (): number => (performance.now() - since) / 60_000
  let settled: Memory | undefined
  for (let minute = 1; elapsed() < minutes;) {
    await pause(sampleMs, over.signal)
    if (elapsed() >= settleMinutes) settled ??= await withoutGarbage(running)
    if (elapsed() < minute) continue
    print(`${minute} min`, processFacts(running.pid), await heap.used())
    minute += 1
  }
  return settled ?? withoutGarbage(running)
}

async function withoutGarbage({ pid }: SoakFunction): Promise<Memory> {
  const heapMb = await heap.collected()
  return { heapMb, residentMb: processFacts(pid).residentMb }
}

function tell({ residentMb, heapMb }: Memory): string {
  return `${residentMb.toFixed(1)} MB resident and ${heapMb.toFixed(1)} MB heap`
}

function print(when: string, { residentMb, threads, descriptors }: ProcessFacts, heapMb: number): void {
  const cells = [
    `${residentMb.toFixed(1)} MB resident`,
    `${heapMb.toFixed(1)} MB heap`,
    `${threads} threads`,
    `${descriptors} fds`,
  ]
  process.stdout.write(`${when.padEnd(7)} ${cells.join('  ')}\n`)
}
