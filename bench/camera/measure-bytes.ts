import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Rounds, type Sample, interleave, medianOf, table, whole } from '../samples.ts'
import { environment } from '../servers.ts'

const run = promisify(execFile)
const chunkBytes = 1_448

/** What the programs print. */
interface Work {
  /** Of all frames, or of one. */
  bytes: number
  frames: number
  cpuUs: number
}

interface WorkSample extends Sample {
  megabytesPerSecond: number
}

/** What it costs to take MJPEG apart, and to make RTP packets of JPEGs; each in a process of its own, which does nothing else. */
export async function measureBytes(rounds: Rounds): Promise<string> {
  return `${await measureParsing(rounds)}\n\n${await measurePacketising(rounds)}`
}

async function measureParsing(rounds: Rounds): Promise<string> {
  const kinds = [
    { name: '20 KB frames with Content-Length', args: ['sized', '20000'] },
    { name: '116 KB frames with Content-Length', args: ['sized', '116000'] },
    { name: '20 KB frames without', args: ['open', '20000'] },
    { name: '116 KB frames without', args: ['open', '116000'] },
  ]
  const samples = await interleave(
    kinds.map(({ name, args }) => ({
      name,
      measure: async (seconds: number) =>
        sampleOf(await work('parse-stream.ts', [...args, String(chunkBytes), String(seconds)])),
    })),
    rounds,
  )
  const rows = kinds.map(({ name }) => [
    name,
    `${whole(medianOf(samples, name, (s) => s.megabytesPerSecond))} MB/s`,
    '≥ 500 MB/s',
    medianOf(samples, name, (s) => s.cpuUs).toFixed(1),
  ])
  return table([`MJPEG in chunks of ${chunkBytes} bytes`, 'a core', 'wanted', 'CPU µs/frame'], rows)
}

async function measurePacketising(rounds: Rounds): Promise<string> {
  const kinds = [
    { name: 'packets alone', kind: 'bare' },
    { name: 'with reading its head, as the sink does', kind: 'whole' },
  ]
  const samples = await interleave(
    kinds.map(({ name, kind }) => ({
      name,
      measure: async (seconds: number) =>
        sampleOf(await work('packetise-picture.ts', [kind, '20000', String(seconds)])),
    })),
    rounds,
  )
  const rows = kinds.map(({ name }) => [name, `${medianOf(samples, name, (s) => s.cpuUs).toFixed(1)} µs`, '≤ 60 µs'])
  return table(['RTP packets of a 20 KB JPEG', 'CPU', 'wanted'], rows)
}

function sampleOf({ bytes, frames, cpuUs }: Work): WorkSample {
  return { perSecond: (frames * 1e6) / cpuUs, cpuUs: cpuUs / frames, megabytesPerSecond: bytes / cpuUs }
}

async function work(program: string, args: readonly string[]): Promise<Work> {
  const file = fileURLToPath(new URL(program, import.meta.url))
  const { stdout } = await run(process.execPath, [file, ...args], { env: environment(), timeout: 60_000 })
  return JSON.parse(stdout) as Work
}
