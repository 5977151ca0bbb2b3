import type { Terminal } from '../terminal.ts'

/** One option of a command: how it is written, what it means, and how its text is read. */
export interface CommandOption<T> {
  /** As in the help: `--port <number>`. */
  flags: string
  doc: string
  /** May be given more than once. */
  repeatable: boolean
  /** Reads what commander collected; throws a `wrong_usage` error. */
  read(raw: unknown): T
}

/** A positional argument. */
export interface CommandArgument {
  name: string
  doc: string
}

/** A line of the help that can be typed as it stands. */
export interface CommandExample {
  line: string
  doc: string
}

type Options = Readonly<Record<string, CommandOption<unknown>>>

/** The values of options by their names; an option that was not given is absent. */
export type OptionValues<O extends Options> = { [K in keyof O]?: O[K] extends CommandOption<infer T> ? T : never }

/** What a command is called with. */
export interface CommandInput<O extends Options> {
  arguments: readonly (string | undefined)[]
  options: OptionValues<O>
  terminal: Terminal
}

/** A command is data; whoever adds one adds a module and a line in the table. */
export interface Command<O extends Options = Options> {
  name: string
  /** One line. */
  summary: string
  /** All of them may be left out. */
  arguments: readonly CommandArgument[]
  /** By commander's name of the flag: `--log-level` is `logLevel`. */
  options: O
  examples: readonly CommandExample[]
  /** Paragraphs below the examples. */
  notes?: readonly string[]
  /** Resolves with the exit code. */
  run(input: CommandInput<O>): Promise<number>
}

/** Types a command from its options. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command
}
