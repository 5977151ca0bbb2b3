import { type LogCapture, logLevels } from '@pelton/core'
import type { BodyPump } from './body-pump.ts'
import { frameFlag, type InFrame } from './frame.ts'
import type { WireHooks } from './wire-hooks.ts'

/** An event that the host handles; also the `HandleOptions` that it is handled with. */
export class RunningEvent {
  readonly id: number
  /** Sends the body of a streamed response. */
  pump: BodyPump | undefined
  readonly #frame: InFrame
  readonly #hooks: WireHooks
  #controller: AbortController | undefined
  #aborted: boolean

  constructor(frame: InFrame, hooks: WireHooks, aborted: boolean) {
    this.id = frame.id
    this.#frame = frame
    this.#hooks = hooks
    this.#aborted = aborted
  }

  /** Made when it is first asked for: most handlers never look. */
  get signal(): AbortSignal | undefined {
    if (!this.#frame.has(frameFlag.abortable)) return undefined
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort()
    }
    return this.#controller.signal
  }

  get log(): LogCapture | undefined {
    const level = logLevels[this.#frame.code - 1]
    return level && { level, write: (record) => this.#hooks.capture(this.id, record) }
  }

  abort(): void {
    this.#aborted = true
    this.#controller?.abort()
  }
}
