import { isatty } from 'node:tty'
import { exitCodes } from './exit-codes.ts'
import { BoundedOutput } from './log/bounded-output.ts'
import { describeError } from './report-error.ts'
import { createPaint, wantsColour } from './screen/paint.ts'
import type { Terminal } from './terminal.ts'
import { readVersion } from './version.ts'

const flushMs = 500
const defectExitMs = 2000
const usualColumns = 80

/** The terminal of this process. It also ends the process with a report when nobody caught an exception. */
export function createProcessTerminal(): Terminal {
  const output = new BoundedOutput(2)
  const isInteractive = isatty(2)
  const cleanUps: (() => Promise<unknown>)[] = []
  const terminal: Terminal = {
    env: { ...process.env },
    cwd: process.cwd(),
    get stdin() {
      return process.stdin
    },
    result: writeResult,
    errors: output,
    say: (text) => output.write(text),
    flush: () => output.flush(flushMs),
    beforeDefectExit: (action) => void cleanUps.push(action),
    isInteractive,
    get resultColumns() {
      return isatty(1) && process.env.TERM !== 'dumb' ? process.stdout.columns || usualColumns : undefined
    },
    paint: createPaint(wantsColour(isInteractive, process.env)),
    paintResult: createPaint(wantsColour(isatty(1), process.env)),
  }
  endOnDefect(terminal, cleanUps)
  return terminal
}

function endOnDefect(terminal: Terminal, cleanUps: readonly (() => Promise<unknown>)[]): void {
  let isEnding = false
  const end = (): never => {
    terminal.flush()
    process.exit(exitCodes.bug)
  }
  // Rejections that nobody handles arrive here too.
  process.on('uncaughtException', (error) => {
    // What else breaks while ending says nothing new.
    if (isEnding) return
    isEnding = true
    terminal.say(describeError(error, { paint: terminal.paint, version: readVersion(), isDefect: true }).text)
    setTimeout(end, defectExitMs)
    void Promise.allSettled(cleanUps.map(async (cleanUp) => cleanUp())).then(end)
  })
}

function writeResult(part: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', leaveQuietly)
    process.stdout.write(part, (error) => (error ? reject(error) : resolve()))
  })
}

/** A reader that has left is no failure: `pelton kinds | head`. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed)
}
