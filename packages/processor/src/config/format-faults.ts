import path from 'node:path'
import type { ConfigFault } from './config-fault.ts'

/** One line a fault, sorted by file and line: `function.yaml:12 spec.handlr: unknown, did you mean handler?`. Files are shown relative to `cwd`. */
export function formatFaults(faults: readonly ConfigFault[], cwd: string = process.cwd()): string[] {
  const order = (a: ConfigFault, b: ConfigFault): number =>
    a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1
  return faults.toSorted(order).map((fault) => formatFault(fault, cwd))
}

function formatFault(fault: ConfigFault, cwd: string): string {
  // What is wrong with a path as such names it.
  if (fault.severity === 'error' && fault.path === '' && fault.message.includes(fault.file)) return fault.message
  const place = `${showFile(fault.file, cwd)}${fault.line === undefined ? '' : `:${fault.line}`}`
  const key = fault.path === '' ? '' : ` ${fault.path}`
  const hint = fault.suggestion === undefined ? '' : `, did you mean ${fault.suggestion}?`
  return `${fault.severity === 'warning' ? 'warning: ' : ''}${place}${key}: ${fault.message}${hint}`
}

function showFile(file: string, cwd: string): string {
  if (!path.isAbsolute(file)) return file
  const relative = path.relative(cwd, file)
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative
}
