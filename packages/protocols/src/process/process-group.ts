import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { createWarden } from './warden.ts'

/** What is to be run. */
export interface Command {
  /** A path, or a name that is looked for on the PATH of `env`. */
  command: string
  args: readonly string[]
  /** The whole environment. */
  env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  cwd?: string
}

/** A child process that leads a process group of its own. */
export interface ProcessGroup {
  readonly child: ChildProcess
  /**
   * Resolves with how the leader ended, as the rest of a sentence: `exited with code 1`, `was ended by SIGKILL`. What it
   * has started is killed then.
   */
  readonly ended: Promise<ProcessEnd>
  /** Kills the leader and everything it has started, at once: being asked to stop was the gentle way. */
  kill(): void
}

/** How a process ended. `code` is null after a signal, and when it could not be started. */
export interface ProcessEnd {
  how: string
  code: number | null
  signal: NodeJS.Signals | null
  /** It could not be started: the reason. */
  failure?: string
}

/** One for this process: it is idle unless there are groups. */
const warden = createWarden()

/**
 * Starts a process in a group of its own, which outlives neither its leader nor this process. A command that is missing
 * is told by `ended`; throws `TypeError` when an argument or the environment has what no process can be given.
 */
export function startProcess({ command, args, env, cwd }: Command, stdio: StdioOptions): ProcessGroup {
  const options = { stdio, detached: true, env, ...(cwd === undefined ? {} : { cwd }) }
  warden.start()
  const child = spawn(command, args, options)
  const { pid } = child
  if (pid !== undefined) warden.add(pid)
  const kill = (): void => killGroup(child)
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('error', ({ message }) => {
      if (pid !== undefined) return
      resolve({ how: `could not be started: ${message}`, code: null, signal: null, failure: message })
    })
    child.on('exit', (code, signal) => {
      kill()
      if (pid !== undefined) warden.remove(pid)
      resolve({ how: signal === null ? `exited with code ${code}` : `was ended by ${signal}`, code, signal })
    })
  })
  return { child, ended, kill }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left, or the system has no groups.
    child.kill('SIGKILL')
  }
}
