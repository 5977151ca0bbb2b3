import fs from 'node:fs'
import path from 'node:path'

/** The environment variable that marks every process which the tests start, at any depth. */
export const runMark = 'PELTON_TEST_RUN'

/** A process that outlived the test that started it. */
export interface LeftProcess {
  pid: number
  command: string
}

/** Processes that carry `mark`, without this one. Empty where there is no `/proc`. */
function findProcesses(mark: string): LeftProcess[] {
  if (!fs.existsSync('/proc/self/environ')) return []
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(`${runMark}=${mark}`))
    .map((pid) => ({ pid: Number(pid), command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }))
}

function readProc(pid: string, file: string): string {
  try {
    return fs.readFileSync(path.join('/proc', pid, file), 'utf8')
  } catch {
    return '' // It ended meanwhile, or it is another user's.
  }
}

/** Waits up to `patienceMs` for marked processes to end, ends those that do not, and returns them. */
export async function endLeftProcesses(mark: string, patienceMs: number): Promise<LeftProcess[]> {
  const deadline = performance.now() + patienceMs
  let left = findProcesses(mark)
  while (left.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    left = findProcesses(mark)
  }
  for (const { pid } of left) kill(pid)
  return left
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}
