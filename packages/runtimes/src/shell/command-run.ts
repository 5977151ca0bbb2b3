import type { FileHandle } from 'node:fs/promises'
import { systemClock } from '@pelton/core'
import { type Command, type ProcessEnd, type ProcessGroup, startProcess } from '@pelton/protocols/process'
import { openInput } from './open-input.ts'
import type { OutputPipe, OutputPipes } from './output-pipes.ts'

/** How a command came to its end, with all that it printed. */
export interface CommandEnd extends ProcessEnd {
  output: Buffer
  /** It was ended because it printed more than it may. */
  printedTooMuch: boolean
}

/** What a command runs with. */
export interface CommandSurroundings {
  pipes: OutputPipes
  maxOutputBytes: number
}

/** How long the rest of a command's output may take when its group has ended: whoever left the group may hold the pipe. */
const restMs = 500

/** One command with its input, from its start to its end. */
export class CommandRun {
  /** Rejects when it cannot be started; undefined when it was ended before it was. */
  readonly ended: Promise<CommandEnd | undefined>
  #group: ProcessGroup | undefined
  #isKilled = false

  constructor(command: Command, body: Uint8Array, surroundings: CommandSurroundings) {
    this.ended = this.#run(command, body, surroundings)
  }

  /** Ends it and all that it has started, at once. */
  kill(): void {
    this.#isKilled = true
    this.#group?.kill()
  }

  /** Asks it and all that it has started to end; a script may `trap` it. */
  terminate(): void {
    const pid = this.#group?.child.pid
    if (pid === undefined) return this.kill()
    try {
      process.kill(-pid, 'SIGTERM')
    } catch {
      // It has ended already.
    }
  }

  async #run(command: Command, body: Uint8Array, surroundings: CommandSurroundings): Promise<CommandEnd | undefined> {
    const input = await openInput(body)
    try {
      const pipe = await surroundings.pipes.take()
      return await this.#runWith(command, input, pipe, surroundings.maxOutputBytes)
    } finally {
      await input?.close()
    }
  }

  async #runWith(
    command: Command,
    input: FileHandle | undefined,
    pipe: OutputPipe,
    maxOutputBytes: number,
  ): Promise<CommandEnd | undefined> {
    let isClean = true
    try {
      if (this.#isKilled) return undefined
      const group = startProcess(command, [input?.fd ?? 'ignore', pipe.writer, pipe.writer])
      this.#group = group
      pipe.handOver()
      const printed = collect(pipe, maxOutputBytes, () => group.kill())
      const end = await group.ended
      isClean = await printed.complete(restMs)
      return { ...end, output: printed.output(), printedTooMuch: printed.isTooMuch() }
    } finally {
      pipe.release(isClean)
    }
  }
}

interface Printed {
  /** Waits for the rest; false when somebody still has the pipe after that time. */
  complete(waitMs: number): Promise<boolean>
  output(): Buffer
  isTooMuch(): boolean
}

/** Collects what is printed, and calls `exceeded` once when that is more than the limit. */
function collect({ reader }: OutputPipe, limit: number, exceeded: () => void): Printed {
  const chunks: Buffer[] = []
  let bytes = 0
  const ended = new Promise<true>((resolve) => {
    reader.once('end', () => resolve(true))
    // A pipe that breaks gives nothing more.
    reader.once('error', () => resolve(true))
  })
  reader.on('data', (chunk: Buffer) => {
    const isFirstExcess = bytes <= limit && bytes + chunk.length > limit
    bytes += chunk.length
    if (bytes <= limit) chunks.push(chunk)
    if (isFirstExcess) exceeded()
  })
  return {
    async complete(waitMs) {
      const waiting = new AbortController()
      const isComplete = await Promise.race([ended, late(waitMs, waiting.signal)])
      waiting.abort()
      return isComplete
    },
    output: () => Buffer.concat(chunks),
    isTooMuch: () => bytes > limit,
  }
}

/** False after the time, and a look at what came meanwhile: this process may have been busy with something else. */
async function late(waitMs: number, signal: AbortSignal): Promise<false> {
  await systemClock.sleep(waitMs, signal)
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  return false
}
