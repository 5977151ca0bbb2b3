import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Verdict } from './judge-answer.ts'
import { type RequestKind, type SoakedFunction, actOf } from './request-kinds.ts'

/** What is known of every request of one function, by its number. */
export interface Asked {
  kinds: (RequestKind | undefined)[]
  verdicts: (Verdict | undefined)[]
}

/** Where a request ran, and how often. */
interface Runs {
  counts: Uint8Array
  pids: Uint32Array
  /** Processes that an event took along. */
  doomed: Set<number>
}

/** Reads what the handlers noted, `/KIND/NUMBER PID` a line, and says of every request what is wrong with it. */
export async function judgeRuns(soaked: SoakedFunction, asked: Asked, file: string): Promise<string[]> {
  const runs = await readRuns(soaked, asked.kinds.length, file)
  return asked.kinds.flatMap((kind, number) => {
    const fault = faultOf(soaked, asked.verdicts[number], runs, number)
    return fault === undefined ? [] : [`${soaked.name}: request ${number} (${kind?.name}) ${fault}`]
  })
}

async function readRuns({ kinds }: SoakedFunction, length: number, file: string): Promise<Runs> {
  const runs: Runs = { counts: new Uint8Array(length), pids: new Uint32Array(length), doomed: new Set() }
  const dooming = new Set(kinds.filter(({ dooms }) => dooms).map(actOf))
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [, act = '', number, pid] = /^\/(\w+)\/(\d+) (\d+)$/.exec(line) ?? []
    const at = Number(number)
    if (!(at < length)) throw new Error(`${file} has a line that no handler wrote: ${line}`)
    runs.counts[at] = Math.min(255, (runs.counts[at] ?? 0) + 1)
    runs.pids[at] = Number(pid)
    if (dooming.has(act)) runs.doomed.add(Number(pid))
  }
  return runs
}

function faultOf(
  { oneAtATime }: SoakedFunction,
  verdict: Verdict | undefined,
  { counts, pids, doomed }: Runs,
  number: number,
): string | undefined {
  const times = counts[number] ?? 0
  if (verdict === undefined) return 'has no verdict'
  if (typeof verdict === 'object' && 'wrong' in verdict) return verdict.wrong
  if (times > 1) return `was run ${times} times`
  if (verdict === 'left') return undefined
  if (verdict === 'right') return times === 1 ? undefined : 'was answered without a run'
  const { suffered } = verdict
  if (times === 0) return `${suffered} before it was begun`
  const process = pids[number] ?? 0
  if (oneAtATime) return `${suffered}, though its worker, process ${process}, had no other event`
  return doomed.has(process) ? undefined : `${suffered}, though nobody took process ${process} along`
}
