import type { EventData, HandleOptions, Task, WorkerSpec } from '@pelton/core'

/** A worker as the code that runs in it needs to know it. */
export type HostSpec = Omit<WorkerSpec, 'hooks'>

/** The user's function, loaded and ready, in this thread or process. */
export interface HandlerHost {
  /** Begins an event at once; never throws. `options.signal` and `.log` are read when they are needed, not before. */
  handle(event: EventData, options?: HandleOptions): Task
  /** Begins several events in one call of the handler, a task for each. Absent without `batchSize` in the spec. */
  handleBatch?(events: readonly EventData[], options: readonly (HandleOptions | undefined)[]): Task[]
  /** Events whose answer, or streamed body, is not over. */
  running(): number
  /** Resolves as soon as nothing runs. */
  idle(): Promise<void>
}
