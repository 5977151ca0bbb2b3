import { type Form, inferMessage } from './inference/requests.ts'
import { type InferSample, inferSubject } from './inference/subject.ts'
import { type InferServer, startFunction, startKserve } from './inference/servers.ts'
import { type Samples, interleave, medianOf, ratio, table, whole } from './samples.ts'
import { withServers } from './servers.ts'

/** One table: who is asked what. */
interface Comparison {
  servers: readonly InferServer[]
  form: Form
  shape: readonly number[]
  connections: number
  /** What the only output must hold. */
  expected: readonly number[]
}

const rounds = { rounds: Number(process.env['BENCH_ROUNDS'] ?? 5), seconds: 3 }
const peer = 'KServe'
const small = { shape: [1, 16], connections: 32, expected: Array.from({ length: 16 }, (_, at) => at / 2) }
const image = { shape: [1, 3, 224, 224], connections: 4, expected: [0, 0, 0, 0] }
const wanted: Record<Form, string> = { 'REST, JSON': '≥ 8 ×', 'REST, binary': '', 'gRPC, raw': '≥ 5 ×' }
const wantedImage: Record<Form, string> = { 'REST, JSON': '≤ 12 ms', 'REST, binary': '', 'gRPC, raw': '≤ 1.2 ms' }

/** What inference costs with a handler in Python and TypeScript, beside KServe's server, and what a large tensor costs by itself. */
export async function measureInference(): Promise<string> {
  const about =
    `Medians of ${rounds.rounds} interleaved rounds; one worker each, the same interpreter and NumPy on both sides. CPU is that of all processes of a server. ` +
    `One model doubles 1 × 16 FP32, over ${small.connections} connections with a request in flight each.`
  const aboutImages =
    `A handler that takes 1×3×224×224 FP32 (588 KiB), touches nothing and gives four numbers; ${image.connections} connections. ` +
    'CPU is all that there is, the handler included.'
  return [about, await compareDoublers(), aboutImages, await measureImages()].join('\n\n')
}

async function compareDoublers(): Promise<string> {
  const starts = [
    () => startKserve(peer),
    () => startKserve('KServe without its latency log', ['quiet']),
    () => startFunction('Python', { folder: 'inference/python' }),
    () => startFunction('TypeScript', { folder: 'inference/typescript' }),
  ]
  return withServers(starts, async (servers) => {
    const rows: string[][] = []
    for (const form of ['REST, JSON', 'gRPC, raw', 'REST, binary'] as const) {
      const samples = await compare({ ...small, servers, form })
      rows.push(...servers.map(({ name }) => doublerRow(samples, name, form)))
    }
    const header = ['', 'requests/s', 'requests per CPU second', 'of KServe', 'wanted', 'CPU µs each', 'p50', 'p99']
    return table(header, rows)
  })
}

function doublerRow(samples: Samples<InferSample>, name: string, form: Form): string[] {
  const of = (figure: (sample: InferSample) => number): number => medianOf(samples, name, figure)
  return [
    `${form}: ${name}`,
    whole(of((s) => s.perSecond)),
    whole(of((s) => 1e6 / s.cpuUs)),
    `${ratio(samples, [name, peer], (s) => 1 / s.cpuUs).toFixed(2)} ×`,
    name === 'Python' ? wanted[form] : '',
    of((s) => s.cpuUs).toFixed(1),
    milliseconds(of((s) => s.p50Us)),
    milliseconds(of((s) => s.p99Us)),
  ]
}

async function measureImages(): Promise<string> {
  const starts = [
    () => startFunction('Python', { folder: 'inference/python', handler: 'handler:accept' }),
    () => startFunction('TypeScript', { folder: 'inference/typescript', handler: 'handler.ts:accept' }),
  ]
  return withServers(starts, async (servers) => {
    const rows: string[][] = []
    for (const form of ['gRPC, raw', 'REST, JSON', 'REST, binary'] as const) {
      const samples = await compare({ ...image, servers, form })
      for (const { name } of servers) {
        const of = (figure: (sample: InferSample) => number): number => medianOf(samples, name, figure)
        const cpu = milliseconds(of((s) => s.cpuUs))
        rows.push([
          `${form}: ${name}`,
          whole(of((s) => s.perSecond)),
          cpu,
          wantedImage[form],
          milliseconds(of((s) => s.p50Us)),
        ])
      }
    }
    return table(['', 'requests/s', 'CPU each', 'wanted', 'p50'], rows)
  })
}

async function compare({ servers, form, shape, ...asked }: Comparison): Promise<Samples<InferSample>> {
  const message = inferMessage(form, shape)
  return interleave(
    servers.map((server) => inferSubject(server, { message, ...asked })),
    rounds,
  )
}

function milliseconds(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`
}
