import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, table } from '../samples.ts'
import { startGstCameras } from './gst-cameras.ts'
import { holdPort } from './held-port.ts'
import { type KeyWatch, watchKeys } from './key-watch.ts'
import { mediaPrograms } from './media-programs.ts'
import { startRecordedCameras } from './recorded-cameras.ts'
import { startFunction } from './start-function.ts'

/** What one start has shown, in milliseconds. */
interface FirstFrame {
  /** From the connection to the first whole key picture that was to be had. */
  keyMs: number
  /** From the connection to the first picture. */
  pictureMs: number
}

/** One way to the first picture of the camera at a URL. */
interface Way {
  name: string
  /** Makes ready what can be. `connect` may be asked once; it resolves when a picture is there, with when that was, by `performance.now()`. */
  prepare(url: string, taken: Promise<void>): Promise<{ connect(): Promise<number>; close(): Promise<void> }>
}

/** A camera, and how it begins. */
interface Camera {
  about: string
  port: number
  path: string
}

// What made it slower was left out: nobuffer, low_delay, a small probesize.
const tuned = ['-fpsprobesize', '0', '-analyzeduration', '100000']
/** After a key picture, in milliseconds: the next one comes a second after it. */
const phases = [100, 250, 400, 550, 700]

/** From connecting to a live camera of 1280×720 to the first picture: a trigger against a program that is started. */
export async function measureFirstFrame(rounds: number): Promise<string> {
  const programs = await mediaPrograms()
  const gst = await startGstCameras(programs)
  const own = await startRecordedCameras(programs, 'busy', 1)
  const ways: Way[] = [
    { name: 'Pelton', prepare: preparePelton },
    { name: 'FFmpeg', prepare: (url) => prepareFfmpeg(programs.ffmpeg, url, []) },
    { name: 'FFmpeg, probing as little as it can', prepare: (url) => prepareFfmpeg(programs.ffmpeg, url, tuned) },
  ]
  const cameras: Camera[] = [
    {
      about: "GStreamer's server, which begins anew with a key picture for each reader",
      port: gst.port,
      path: '/h264',
    },
    { about: 'a recording, whose key pictures come when they come', port: own.port, path: '/0' },
  ]
  try {
    const tables: string[] = []
    for (const camera of cameras) tables.push(rowsOf(camera.about, await measureCamera(camera, ways, rounds)))
    return tables.join('\n\n')
  } finally {
    await own.stop()
    await gst.stop()
  }
}

async function measureCamera(camera: Camera, ways: readonly Way[], rounds: number): Promise<Map<string, FirstFrame[]>> {
  const found = new Map<string, FirstFrame[]>(ways.map(({ name }) => [name, []]))
  const keys = await watchKeys(`rtsp://127.0.0.1:${camera.port}${camera.path}`)
  for (let round = 0; round < rounds; round++) {
    for (const way of ways)
      found.get(way.name)?.push(await measureOne(way, camera, { keys, phaseMs: phases[round % phases.length]! }))
  }
  await keys.stop()
  return found
}

async function measureOne(
  way: Way,
  { port, path }: Camera,
  start: { keys: KeyWatch; phaseMs: number },
): Promise<FirstFrame> {
  const held = await holdPort(port)
  const { connect, close } = await way.prepare(`rtsp://127.0.0.1:${held.port}${path}`, held.taken)
  try {
    const key = await start.keys.after(performance.now())
    await sleep(Math.max(0, key + start.phaseMs - performance.now()))
    const since = performance.now()
    held.open()
    const at = await connect()
    return { keyMs: (await held.keyAt) - since, pictureMs: at - since }
  } finally {
    held.close()
    await close()
  }
}

/** A function that runs and has connected. */
async function preparePelton(url: string, taken: Promise<void>): ReturnType<Way['prepare']> {
  const served = await startFunction({ folder: 'first', sets: [`spec.triggers.camera.attributes.url=${url}`] })
  await taken
  return {
    async connect() {
      const { atNs } = await served.line('first_picture')
      return performance.now() - Number(process.hrtime.bigint() - BigInt(String(atNs))) / 1e6
    },
    close: () => served.stop(),
  }
}

async function prepareFfmpeg(ffmpeg: string, url: string, flags: readonly string[]): ReturnType<Way['prepare']> {
  return {
    async connect() {
      const args = [
        '-v',
        'error',
        ...flags,
        '-rtsp_transport',
        'tcp',
        '-i',
        url,
        '-frames:v',
        '1',
        '-f',
        'image2pipe',
        '-',
      ]
      const child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const gone = once(child, 'exit')
      const [first] = (await Promise.race([once(child.stdout, 'data'), gone])) as [unknown]
      const at = performance.now()
      if (!Buffer.isBuffer(first)) throw new Error(`FFmpeg ended with ${String(first)}, without a picture`)
      child.kill('SIGKILL')
      await gone
      return at
    },
    close: () => Promise.resolve(),
  }
}

function rowsOf(about: string, found: ReadonlyMap<string, readonly FirstFrame[]>): string {
  const base = found.get('FFmpeg') ?? []
  const after = ({ keyMs, pictureMs }: FirstFrame): number => pictureMs - keyMs
  const rows = [...found].map(([name, frames]) => {
    const sooner = (of: (frame: FirstFrame) => number): string =>
      `${median(frames.map((frame, round) => of(base[round] ?? frame) / of(frame))).toFixed(1)} ×`
    const isPelton = name === 'Pelton'
    return [
      name,
      shown(median(frames.map(({ keyMs }) => keyMs))),
      shown(median(frames.map(after))),
      shown(Math.max(...frames.map(after))),
      isPelton ? '≤ 300 ms' : '',
      sooner(after),
      isPelton ? '≥ 5 ×' : '',
      shown(median(frames.map(({ pictureMs }) => pictureMs))),
      sooner(({ pictureMs }) => pictureMs),
    ]
  })
  const fromKey = [
    'until a key picture',
    'from there to the first picture',
    'at most',
    'wanted',
    'sooner than FFmpeg',
    'wanted',
  ]
  return table([about, ...fromKey, 'in all', 'sooner'], rows)
}

function shown(ms: number): string {
  return `${ms.toFixed(0)} ms`
}
