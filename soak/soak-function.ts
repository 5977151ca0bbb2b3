import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { judgeAnswer } from './judge-answer.ts'
import { judgeMemory } from './judge-memory.ts'
import { type Asked, judgeRuns } from './judge-runs.ts'
import { type Holdings, type ProcessorProcess, endProcess, processesWith, startProcessor } from './processor-process.ts'
import { createRandom } from './random.ts'
import type { SoakedFunction } from './request-kinds.ts'
import { send } from './send.ts'
import { drawRequest } from './soak-request.ts'

/** How much a function is asked. */
export interface SoakSize {
  events: number
  /** No further requests after so long. */
  seconds: number
  /** The same seed draws the same requests. */
  seed: number
}

/** What a soak of one function has shown. */
export interface SoakReport {
  name: string
  /** Requests by their kind and what became of them: `echo right`. */
  counts: Map<string, number>
  events: number
  seconds: number
  /** Log lines by message. */
  messages: ReadonlyMap<string, number>
  before: Holdings
  after: Holdings
  /** What must not be, in words; at best none. */
  faults: string[]
}

/** Requests at a time: more than the four workers take, so that some wait in line. */
const lanes = 32
const settleMs = 15_000
const held: Holdings = { descriptors: 0, processes: 0, residentMb: 0 }
const nothing = { counts: new Map(), messages: new Map(), events: 0, seconds: 0, before: held, after: held }

/** Soaks one function in a processor of its own; `folder` is an empty one for its files, and removed. Never rejects. */
export async function soakFunction(soaked: SoakedFunction, size: SoakSize, folder: string): Promise<SoakReport> {
  const files: SoakFiles = { runs: path.join(folder, 'runs.txt'), temporary: path.join(folder, 'temporary') }
  const platformFile = path.join(folder, 'platform.yaml')
  mkdirSync(files.temporary)
  writeFileSync(files.runs, '')
  writeFileSync(platformFile, 'webAdmin: { enabled: false }\nhealthCheck: { enabled: false }\n')
  const env = { SOAK_RUNS: files.runs, TMPDIR: files.temporary }
  try {
    const home = path.join(import.meta.dirname, 'functions', soaked.name)
    return await soakIn(
      await startProcessor({ folder: home, platformFile, flags: ['--port', '0'], env }),
      soaked,
      size,
      files,
    )
  } catch (error) {
    return { ...nothing, name: soaked.name, faults: [`${soaked.name}: ${String(error)}`] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Where a soak keeps what it watches. */
interface SoakFiles {
  runs: string
  temporary: string
}

async function soakIn(
  processor: ProcessorProcess,
  soaked: SoakedFunction,
  size: SoakSize,
  files: SoakFiles,
): Promise<SoakReport> {
  try {
    const asked: Asked = { kinds: [], verdicts: [] }
    const since = performance.now()
    const before = processor.holdings()
    const samplesMb = await load(processor, soaked, size, asked)
    const seconds = (performance.now() - since) / 1000
    const after = await settled(processor, before)
    const own = [...judgeHoldings(before, after), ...maybe(judgeMemory(samplesMb)), ...(await processor.stop())]
    own.push(...(await left(files)))
    const faults = [...(await judgeRuns(soaked, asked, files.runs)), ...own.map((fault) => `${soaked.name}: ${fault}`)]
    const { messages } = processor
    const events = asked.kinds.length
    return { name: soaked.name, counts: countOf(asked), events, seconds, messages, before, after, faults }
  } finally {
    await processor.stop()
  }
}

/** Asks and judges until there is enough; gives the memory of the processor, second by second. */
async function load(
  { port, holdings, isAlive }: ProcessorProcess,
  { kinds }: SoakedFunction,
  { events, seconds, seed }: SoakSize,
  asked: Asked,
): Promise<number[]> {
  const random = createRandom(seed)
  const agent = new Agent({ keepAlive: true, maxSockets: lanes })
  const until = performance.now() + seconds * 1000
  const samplesMb: number[] = []
  const sampling = setInterval(() => samplesMb.push(holdings().residentMb), 1000)
  const lane = async (): Promise<void> => {
    while (asked.kinds.length < events && performance.now() < until && isAlive()) {
      const request = drawRequest(asked.kinds.length, kinds, random)
      asked.kinds.push(request.kind)
      asked.verdicts[request.number] = judgeAnswer(request, await send(port, agent, request))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  clearInterval(sampling)
  agent.destroy()
  return samplesMb
}

/** Waits until no more is held than before, or for too long. */
async function settled({ holdings }: ProcessorProcess, before: Holdings): Promise<Holdings> {
  const deadline = performance.now() + settleMs
  let now = holdings()
  while (judgeHoldings(before, now).length > 0 && performance.now() < deadline) {
    await sleep(100)
    now = holdings()
  }
  return now
}

function judgeHoldings(before: Holdings, after: Holdings): string[] {
  return (['descriptors', 'processes'] as const)
    .filter((what) => after[what] !== before[what])
    .map((what) => `${before[what]} ${what} were held before, ${after[what]} after`)
}

/** What outlived the processor: processes that have its mark, files in its temporary folder; Node.js keeps its cache there. */
async function left({ runs, temporary }: SoakFiles): Promise<string[]> {
  const mark = `SOAK_RUNS=${runs}`
  const deadline = performance.now() + 5000
  while (processesWith(mark).length > 0 && performance.now() < deadline) await sleep(100)
  const processes = processesWith(mark)
  for (const { pid } of processes) endProcess(pid)
  return [
    ...processes.map(({ pid, command }) => `a process outlived the processor: ${pid} ${command}`),
    ...readdirSync(temporary)
      .filter((name) => name !== 'node-compile-cache')
      .map((name) => `a temporary file was left: ${name}`),
  ]
}

function countOf({ kinds, verdicts }: Asked): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [number, kind] of kinds.entries()) {
    const verdict = verdicts[number]
    const key = `${kind?.name} ${typeof verdict === 'object' ? Object.keys(verdict).join('') : verdict}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function maybe(fault: string | undefined): string[] {
  return fault === undefined ? [] : [fault]
}
