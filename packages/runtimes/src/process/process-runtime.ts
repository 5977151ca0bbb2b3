import { type Runtime, type WorkerHooks, type WorkerSpec, isPeltonError, systemClock } from '@pelton/core'
import { spawnHost } from '@pelton/protocols/process'
import { errors } from '../errors.ts'
import type { ProcessAttributes } from './config.ts'
import { findHost } from './find-host.ts'
import { tellFailures } from './tell-failures.ts'

/** How many of the last lines of a program that did not start are told. */
const maxLines = 10

/** Runs a function in processes of a program that speaks the worker wire, one a worker. */
export const processRuntime: Runtime = {
  async spawn(spec, signal) {
    const { command, startTimeout = 60_000, memory = false } = spec.attributes as Partial<ProcessAttributes>
    const { folder, handler } = spec.function
    const env = { ...process.env, ...spec.env }
    const host = findHost({ command, handler, folder, path: env['PATH'] ?? '' })
    const said = collectLines(spec)
    const start = startWithin(startTimeout, signal)
    try {
      const options = { sharesMemory: memory, beginsInOrder: true, signal: start.signal }
      const worker = await spawnHost({ ...host, env, cwd: folder }, { ...spec, hooks: said.hooks }, options)
      return tellFailures(worker, spec)
    } catch (error) {
      const named = { command: [host.command, ...host.args].join(' '), lines: said.lines }
      if (start.isLate() && !signal?.aborted) throw errors.host_not_ready({ ...named, timeoutMs: startTimeout }, error)
      if (!isPeltonError(error) || error.code !== 'worker_not_started') throw error
      throw errors.host_not_started({ ...named, reason: error.message }, error)
    } finally {
      start.end()
      said.end()
    }
  },
}

interface Start {
  /** Aborts when the time is over, or with the caller's. */
  signal: AbortSignal
  isLate(): boolean
  end(): void
}

function startWithin(timeoutMs: number, outer: AbortSignal | undefined): Start {
  const late = new AbortController()
  const timer = systemClock.after(timeoutMs, () => late.abort())
  return {
    signal: outer ? AbortSignal.any([outer, late.signal]) : late.signal,
    isLate: () => late.signal.aborted,
    end: () => timer.cancel(),
  }
}

/** Hooks that keep the last lines of what is logged until `end`. */
function collectLines({ hooks }: WorkerSpec): { hooks: WorkerHooks; lines: string[]; end(): void } {
  const lines: string[] = []
  let isOver = false
  const log: WorkerHooks['log'] = (record) => {
    if (!isOver) lines.push(record.message)
    if (lines.length > maxLines) lines.shift()
    hooks.log(record)
  }
  return { hooks: { ...hooks, log }, lines, end: () => void (isOver = true) }
}
