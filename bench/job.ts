import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median, table } from './samples.ts'
import { environment } from './servers.ts'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../packages/cli/bin/pelton.cjs', import.meta.url))
const rounds = 21

/** A job from the command to its exit, against its handler run by node alone. */
export async function measureJob(): Promise<string> {
  const bare: number[] = []
  const job: number[] = []
  const pelton = [bin, 'run', `${here}job`, '--output', '-', '--log-format', 'json']
  for (let round = 0; round < rounds; round++) {
    bare.push(await wallMs([`${here}job/handler.mjs`]))
    job.push(await wallMs(pelton))
  }
  const more = median(job.map((ms, i) => ms - (bare[i] ?? 0)))
  const about = `Medians of ${rounds} interleaved runs, from the command to its exit.`
  const row = [`${median(bare).toFixed(0)} ms`, `${median(job).toFixed(0)} ms`, `${more.toFixed(0)} ms`, '< 350 ms']
  return [about, table(['`node handler.mjs`', '`pelton run`', 'more', 'wanted'], [row])].join('\n\n')
}

async function wallMs(args: string[]): Promise<number> {
  const since = performance.now()
  const { stdout } = await run(process.execPath, args, { env: environment(), timeout: 30_000 })
  if (stdout !== 'Hello Ada') throw new Error(`it printed ${JSON.stringify(stdout)}`)
  return performance.now() - since
}
