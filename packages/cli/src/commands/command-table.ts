import type { Command } from './command.ts'

/** Every command by name, loaded only when it is called: `run` must not pay for the others. */
export const commandTable: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  validate: async () => (await import('./validate.ts')).validateCommand,
  invoke: async () => (await import('./invoke.ts')).invokeCommand,
  infer: async () => (await import('./infer.ts')).inferCommand,
  watch: async () => (await import('./watch.ts')).watchCommand,
  kinds: async () => (await import('./kinds.ts')).kindsCommand,
  init: async () => (await import('./init.ts')).initCommand,
}
