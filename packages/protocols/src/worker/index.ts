export {
  type BegunMarks,
  type BegunTable,
  createBegunFile,
  createBegunLine,
  createBegunMemory,
  openBegunFile,
  openBegunMemory,
} from './begun-table.ts'
export { type BodyMemory, type BodyMemoryLimits, createBodyMemory } from './body-memory.ts'
export type { Channel, Receiver } from './channel.ts'
export {
  FrameBreach,
  frame,
  frameFlag,
  frameType,
  type InFrame,
  maxBodyBytes,
  maxMetaBytes,
  type OutFrame,
  streamWindowBytes,
} from './frame.ts'
export { createLocalCalls } from './local-calls.ts'
export { logOutput } from './log-output.ts'
export { exitPast } from './exit-past-threads.ts'
export type { HostFacts } from './host-facts.ts'
export { type Loaded, type ServeOptions, serveWorker } from './serve-worker.ts'
export { createSocketChannel } from './socket-channel.ts'
export { spawnThreadHost, type ThreadHost } from './spawn-thread.ts'
export { createThreadChannel, createThreadLink, type ThreadLink } from './thread-channel.ts'
export { openThreadHost, type OpenedHost } from './thread-host.ts'
export { createWireHooks, type WireHooks } from './wire-hooks.ts'
export { workerFlags } from './worker-flags.ts'
export { workerName, workerSlots } from './worker-slots.ts'
export { createWireWorker, type Vessel, type WireWorkerOptions } from './wire-worker.ts'
