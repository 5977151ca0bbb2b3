import { spawn } from 'node:child_process'
import { root } from './repository.ts'

/** One thing that `npm run check` does: a Node.js program with its arguments. */
export interface Step {
  name: string
  program: string
  args: string[]
  timeoutMs?: number
}

/** How a step went; `output` is everything that it printed. */
export interface StepResult {
  name: string
  passed: boolean
  ms: number
  output: string
}

/** Runs one step to its end; never rejects. It is killed at its timeout (default 60 s) and then fails. */
function runStep(step: Step): Promise<StepResult> {
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [step.program, ...step.args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: step.timeoutMs ?? 60_000,
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    const finish = (passed: boolean, note = ''): void =>
      resolve({
        name: step.name,
        passed,
        ms: performance.now() - started,
        output: Buffer.concat(chunks).toString() + note,
      })
    child.once('error', (error) => finish(false, `${error.message}\n`))
    child.once('close', (code, signal) => finish(code === 0, signal ? `ended by ${signal}\n` : ''))
  })
}

/** Runs steps, `width` at a time, and tells of each as it ends; the results are in the order of the steps. */
export async function runSteps(
  steps: readonly Step[],
  width: number,
  onEnd: (result: StepResult) => void,
): Promise<StepResult[]> {
  const results: StepResult[] = []
  const waiting = [...steps.entries()]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const result = await runStep(next[1])
      results[next[0]] = result
      onEnd(result)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
