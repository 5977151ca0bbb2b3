import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MediaPrograms } from '../../scripts/tools/media-peers.ts'
import { residentMegabytes, treeCpuMicroseconds } from '../process-tree.ts'
import { type Rounds, type Sample, type Samples, interleave, medianOf, ratio, table, whole } from '../samples.ts'
import { mediaPrograms } from './media-programs.ts'
import type { Recording } from './record-video.ts'
import { startRecordedCameras } from './recorded-cameras.ts'
import { startFunction } from './start-function.ts'

const cameras = 8
const perSecond = 5
/** Connecting, opening decoders, optimising code. */
const warmUpMs = 4_000

interface ManySample extends Sample {
  /** CPU time of all processes for each second. */
  cores: number
  residentMb: number
}

/** What reads all cameras and makes JPEGs of some pictures. */
interface Readers {
  pids: readonly number[]
  /** JPEGs so far. */
  pictures(): Promise<number>
  stop(): Promise<void>
}

/** Eight cameras of 1280×720, 25 pictures a second each, of which five a second are processed. */
export async function measureMany(rounds: Rounds): Promise<string> {
  const programs = await mediaPrograms()
  const tables: string[] = []
  for (const recording of ['calm', 'busy'] as const) tables.push(await measureRecording(programs, recording, rounds))
  return tables.join('\n\n')
}

async function measureRecording(programs: MediaPrograms, recording: Recording, rounds: Rounds): Promise<string> {
  const source = await startRecordedCameras(programs, recording, cameras)
  const url = (index: number): string => `rtsp://127.0.0.1:${source.port}/${index}`
  const starts: Record<string, () => Promise<Readers>> = {
    Pelton: () => startPelton(url),
    'FFmpeg, a process a camera': async () => startFfmpeg(programs.ffmpeg, url),
  }
  try {
    const subjects = Object.entries(starts).map(([name, start]) => ({
      name,
      measure: (seconds: number) => measureReaders(start, seconds),
    }))
    return rowsOf(`8 cameras, ${recording}`, await interleave(subjects, rounds), Object.keys(starts))
  } finally {
    await source.stop()
  }
}

async function measureReaders(start: () => Promise<Readers>, seconds: number): Promise<ManySample> {
  const { pids, pictures, stop } = await start()
  try {
    const cpu = (): number => pids.reduce((sum, pid) => sum + treeCpuMicroseconds(pid), 0)
    await sleep(warmUpMs)
    const [picturesBefore, cpuBefore, since] = [await pictures(), cpu(), performance.now()]
    await sleep(seconds * 1_000)
    const [picturesAfter, cpuAfter, until] = [await pictures(), cpu(), performance.now()]
    const count = picturesAfter - picturesBefore
    return {
      perSecond: (count * 1_000) / (until - since),
      cpuUs: (cpuAfter - cpuBefore) / count,
      cores: (cpuAfter - cpuBefore) / (until - since) / 1_000,
      residentMb: pids.reduce((sum, pid) => sum + residentMegabytes(pid), 0),
    }
  } finally {
    await stop()
  }
}

async function startPelton(url: (index: number) => string): Promise<Readers> {
  const urls = Array.from(
    { length: cameras },
    (_, index) => `spec.triggers.camera${index}.attributes.url=${url(index)}`,
  )
  const { pid, metric, stop } = await startFunction({ folder: 'eight', sets: urls })
  return { pids: [pid], pictures: () => metric('nuclio_processor_handled_events_total'), stop }
}

/** Each writes its JPEGs to us; we count their ends. */
function startFfmpeg(ffmpeg: string, url: (index: number) => string): Readers {
  let pictures = 0
  const start = (index: number): ChildProcess => {
    const rate = ['-vf', `fps=${perSecond}`, '-f', 'mjpeg', 'pipe:1']
    const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', url(index), ...rate]
    const child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(endOfImage); at >= 0; at = chunk.indexOf(endOfImage, at + 2)) pictures += 1
    })
    return child
  }
  const children = Array.from({ length: cameras }, (_, index) => start(index))
  return {
    pids: children.map(({ pid }) => pid ?? 0),
    pictures: async () => pictures,
    async stop() {
      const gone = children.map((child) => once(child, 'exit'))
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(gone)
    },
  }
}

const endOfImage = Buffer.of(0xff, 0xd9)

function rowsOf(about: string, samples: Samples<ManySample>, names: readonly string[]): string {
  const peer = names[1] ?? ''
  const rows = names.map((name) => {
    const of = (figure: (sample: ManySample) => number): number => medianOf(samples, name, figure)
    return [
      name,
      of((s) => s.perSecond).toFixed(1),
      of((s) => s.cores).toFixed(3),
      name === 'Pelton' && about.endsWith('calm') ? '≤ 0.35' : '',
      `${ratio(samples, [name, peer], (s) => s.cores).toFixed(2)} ×`,
      whole(of((s) => s.cpuUs)),
      `${whole(of((s) => s.residentMb))} MB`,
    ]
  })
  return table([about, 'pictures/s', 'cores', 'wanted', 'of FFmpeg', 'CPU µs/picture', 'resident'], rows)
}
