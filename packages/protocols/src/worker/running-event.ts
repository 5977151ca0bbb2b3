import { type LogCapture, logLevels } from '@pelton/core'
import type { BodyPump } from './body-pump.ts'
import { abortCode, frameFlag, type InFrame } from './frame.ts'
import type { WireHooks } from './wire-hooks.ts'

/** An event that the host holds, begun or not; also the `HandleOptions` that it is handled with. */
export class RunningEvent {
  readonly id: number
  readonly frame: InFrame
  /** Sends the body of a streamed response. */
  pump: BodyPump | undefined
  readonly #hooks: WireHooks
  #controller: AbortController | undefined
  /** Code of the abort that came. */
  #aborted: number | undefined

  constructor(frame: InFrame, hooks: WireHooks) {
    this.id = frame.id
    this.frame = frame
    this.#hooks = hooks
  }

  /** Made when it is first asked for: most handlers never look. */
  get signal(): AbortSignal | undefined {
    if (!this.frame.has(frameFlag.abortable)) return undefined
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted !== undefined) this.#controller.abort(reasonOf(this.#aborted))
    }
    return this.#controller.signal
  }

  get log(): LogCapture | undefined {
    const level = logLevels[this.frame.code - 1]
    return level && { level, write: (record) => this.#hooks.capture(this.id, record) }
  }

  /** Why stands in the code of the abort frame. An event that has not begun is begun with a signal that has aborted. */
  abort(code: number): void {
    this.#aborted ??= code
    this.#controller?.abort(reasonOf(this.#aborted))
  }
}

// As the platform's own signals have them: `AbortError` without a reason, `TimeoutError` at a deadline.
function reasonOf(code: number): DOMException | undefined {
  return code === abortCode.deadline ? new DOMException('The event is over its deadline', 'TimeoutError') : undefined
}
