import { readFileSync, readdirSync } from 'node:fs'

/** User and system time of a process and all below it, in microseconds; from /proc, Linux only. */
export function treeCpuMicroseconds(pid: number): number {
  return cpuMicroseconds(pid) + childrenCpuMicroseconds(pid)
}

/** The same without the process itself. */
export function childrenCpuMicroseconds(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + treeCpuMicroseconds(child), 0)
}

/** User and system time of a process with all its threads, in microseconds. */
function cpuMicroseconds(pid: number): number {
  const fields = statFields(pid)
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** What follows the command's name, in ticks of 10 ms where it is time. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** User and system time of this process's children that have ended, in microseconds. */
export function endedChildrenCpuMicroseconds(): number {
  const fields = statFields(process.pid)
  return (Number(fields[13]) + Number(fields[14])) * 10_000
}

/** A child belongs to the thread that started it. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

/** Resident memory of a process, in megabytes. */
export function residentMegabytes(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) / 1000
}
