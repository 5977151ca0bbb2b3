import type { InFrame, OutFrame } from './frame.ts'

/** Frames both ways, in order, whatever carries them. */
export interface Channel {
  /** Sends one frame; never blocks or throws. The body is copied before it returns, unless it is `owned`. Dropped after `close`. */
  send(frame: OutFrame): void
  /** Takes the frames from now on, and the end of the channel: with an error when the peer broke the rules. */
  open(receiver: Receiver): void
  /** Bytes accepted by `send` that the peer's side has not room for yet. */
  backlog(): number
  /** Resolves when everything sent has left this side, or the channel is closed. */
  flushed(): Promise<void>
  /** Ends the channel; frames that have arrived already are still given to the receiver. */
  close(): void
}

/** Whoever takes a channel's frames. */
export interface Receiver {
  onFrame(frame: InFrame): void
  /** Called once; nothing arrives after it. */
  onClose(error: Error | undefined): void
}
