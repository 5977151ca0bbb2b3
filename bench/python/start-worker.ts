// node start-worker.ts PYTHON FOLDER TIMES: prints JSON, milliseconds from asking for a worker to its being ready, and of bare Python.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRuntimeCatalogue } from '@pelton/runtimes'
import { workerSpec } from './worker-spec.ts'

const [python = '', folder = '', times = '15'] = process.argv.slice(2)
const found = await createRuntimeCatalogue().runtime('python')
if (!found) throw new Error('there is no runtime python')
const runtime = await found.manifest.load()

/** From spawning `python3 -c pass` to its end. */
async function startBare(): Promise<number> {
  const since = performance.now()
  await once(spawn(python, ['-c', 'pass'], { stdio: 'ignore' }), 'exit')
  return performance.now() - since
}

async function startWorker(): Promise<number> {
  const since = performance.now()
  const worker = await runtime.spawn(workerSpec(folder, 'handler:echo', 1))
  const ms = performance.now() - since
  await worker.stop(5000)
  return ms
}

const bare: number[] = []
const worker: number[] = []
await startBare()
await startWorker()
for (let i = 0; i < Number(times); i++) {
  bare.push(await startBare())
  worker.push(await startWorker())
}
process.stdout.write(`${JSON.stringify({ bare, worker })}\n`)
process.exit(0)
