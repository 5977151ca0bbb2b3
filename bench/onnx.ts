import { execFile } from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inferMessage } from './inference/requests.ts'
import { type InferServer, startFunction } from './inference/servers.ts'
import { inferSubject } from './inference/subject.ts'
import { type BenchModel, detector, writeDeep, writePerceptron } from './onnx/models.ts'
import { type Sample, type Samples, type Subject, interleave, medianOf, ratio, table, whole } from './samples.ts'
import { environment, withServers } from './servers.ts'

const run = promisify(execFile)
const rounds = { rounds: Number(process.env['BENCH_ROUNDS'] ?? 5), seconds: 4 }
const bare = 'the session alone'
const clients = 64

/** What serving a model costs beside running it, and what joining requests to batches gains. */
export async function measureOnnx(): Promise<string> {
  const about =
    `Medians of ${rounds.rounds} interleaved rounds; requests by gRPC with raw tensors, one worker with one thread. ` +
    'CPU is that of all of the process; the session alone runs in a loop in a process of its own.'
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'pelton-bench-'))
  try {
    const slow = await writeDeep(folder)
    const quick = await writePerceptron(folder, [64, 256, 256, 10])
    return [about, await overhead(slow), await overhead(detector()), await batching(quick)].join('\n\n')
  } finally {
    await fs.rm(folder, { recursive: true })
  }
}

async function overhead(model: BenchModel): Promise<string> {
  return withServers([() => start('served', model)], async ([server]) => {
    const message = inferMessage('gRPC, raw', model.shape)
    const served = [1, 2].map((connections) => ({
      ...inferSubject(server!, { message, connections }),
      name: `${connections} in flight`,
    }))
    const samples = await interleave<Sample>([bareSubject(model), ...served], rounds)
    const rows = [bare, ...served.map(({ name }) => name)].map((name) => overheadRow(samples, name))
    return table([model.name, 'time each', 'of the session', 'CPU each', 'of the session', 'wanted'], rows)
  })
}

function overheadRow(samples: Samples, name: string): string[] {
  const times = (of: (sample: Sample) => number): string => `${ratio(samples, [name, bare], of).toFixed(2)} ×`
  return [
    name,
    milliseconds(medianOf(samples, name, (s) => 1e6 / s.perSecond)),
    times((s) => 1 / s.perSecond),
    milliseconds(medianOf(samples, name, (s) => s.cpuUs)),
    times((s) => s.cpuUs),
    name === bare ? '' : '≤ 1.2 ×',
  ]
}

function bareSubject({ file, shape }: BenchModel): Subject {
  const program = fileURLToPath(new URL('onnx/bare-session.ts', import.meta.url))
  return {
    name: bare,
    async measure(seconds) {
      const args = [program, file, JSON.stringify(shape), String(seconds)]
      const { stdout } = await run(process.execPath, args, { env: environment(), timeout: (seconds + 30) * 1000 })
      return JSON.parse(stdout) as Sample
    },
  }
}

async function batching(model: BenchModel): Promise<string> {
  const sizes = [0, 16, 64]
  const starts = sizes.map((size) => () => start(String(size), model, [`spec.runtimeAttributes.maxBatchSize=${size}`]))
  return withServers(starts, async (servers) => {
    const asked = { message: inferMessage('gRPC, raw', model.shape), connections: clients }
    const samples = await interleave(
      servers.map((server) => inferSubject(server, asked)),
      rounds,
    )
    const rows = servers.map(({ name }) => [
      name,
      whole(medianOf(samples, name, (s) => s.perSecond)),
      `${ratio(samples, [name, '0'], (s) => s.perSecond).toFixed(2)} ×`,
      name === '0' ? '' : '≥ 1.5 ×',
      medianOf(samples, name, (s) => s.cpuUs).toFixed(1),
      milliseconds(medianOf(samples, name, (s) => s.p50Us)),
      milliseconds(medianOf(samples, name, (s) => s.p99Us)),
    ])
    const header = [`${model.name}, ${clients} clients: \`maxBatchSize\``, 'requests/s', 'of 0', 'wanted']
    return table([...header, 'CPU µs each', 'p50', 'p99'], rows)
  })
}

function start(name: string, { file }: BenchModel, sets: readonly string[] = []): Promise<InferServer> {
  return startFunction(name, { folder: 'onnx', handler: file, sets })
}

function milliseconds(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`
}
