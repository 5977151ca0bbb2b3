import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command as CommanderCommand, CommanderError, Option } from 'commander'
import { commandTable } from './commands/command-table.ts'
import type { Command, CommandExample } from './commands/command.ts'
import { errors } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { spellOptionalValues } from './optional-values.ts'
import { describeError } from './report-error.ts'
import type { Terminal } from './terminal.ts'
import { readVersion } from './version.ts'

const topExamples: readonly CommandExample[] = [
  { line: 'pelton init typescript hello', doc: 'write a first function into ./hello' },
  { line: 'pelton run hello --watch', doc: 'run it and follow your edits' },
  { line: 'pelton kinds triggers http', doc: 'see what a trigger can be told' },
]

const exitNotes = [
  'Exit codes: 0 done, 1 the function or its configuration failed, 2 the command line is wrong,',
  '70 a defect of Pelton, 128 + n ended at once by a second signal n, or a watch before it saw anything.',
]

/** Reads the command line, runs what it names, and resolves with the exit code. Never rejects. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const call = await readCall(argv, terminal)
    return typeof call === 'number' ? call : await call()
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    const report = describeError(error, {
      paint: terminal.paint,
      version: readVersion(),
      verbose: isVerbose(argv),
    })
    terminal.say(report.text)
    return report.exitCode
  }
}

type Call = () => Promise<number>

async function readCall(argv: readonly string[], terminal: Terminal): Promise<Call | number> {
  const name = argv.find((word) => !word.startsWith('-'))
  refuseBarePath(name, terminal)
  // Without a command commander shows the help instead of looking at the options.
  if (name === undefined && argv.includes('--list-runtimes')) return () => listRuntimes(terminal)
  const commands = await loadCommands(name)
  const help: string[] = []
  let call: Call | undefined
  const program = createProgram(terminal, help)
  for (const command of commands) addCommand(program, command, terminal, (chosen) => (call = chosen))
  try {
    await program.parseAsync(spellOptionalValues(argv, flagsOf(commands)), { from: 'user' })
  } finally {
    if (help.length > 0) await terminal.result(help.join(''))
  }
  return call ?? exitCodes.usage
}

function loadCommands(name: string | undefined): Promise<Command[]> {
  const only = name !== undefined && Object.hasOwn(commandTable, name) ? commandTable[name] : undefined
  return Promise.all((only ? [only] : Object.values(commandTable)).map((load) => load()))
}

function flagsOf(commands: readonly Command[]): string[] {
  return commands.flatMap(({ options }) => Object.values(options)).map(({ flags }) => flags)
}

function createProgram(terminal: Terminal, help: string[]): CommanderCommand {
  return new CommanderCommand('pelton')
    .description('Runs functions on events.')
    .version(readVersion(), '--version', 'print the version')
    .option('--list-runtimes', 'print the runtimes, one a line')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void help.push(text),
      writeErr: (text) => terminal.say(text),
      outputError: (text, write) => write(`${terminal.paint('red', 'error')} ${text.replace(/^error: /, '')}`),
    })
    .showHelpAfterError('  Add --help to see what there is.')
    .addHelpText('after', helpTail(topExamples, exitNotes))
}

function addCommand(
  program: CommanderCommand,
  command: Command,
  terminal: Terminal,
  choose: (call: Call) => void,
): void {
  const sub = program.command(command.name).description(command.summary)
  for (const { name, doc } of command.arguments) sub.argument(`[${name}]`, doc)
  for (const { flags, doc, repeatable } of Object.values(command.options)) {
    const option = new Option(flags, doc)
    if (repeatable) option.argParser((value, before: string[] | undefined) => [...(before ?? []), value])
    sub.addOption(option)
  }
  sub.addHelpText('after', helpTail(command.examples, command.notes ?? []))
  sub.action(() => {
    const options = readOptions(command, sub.opts())
    choose(() => command.run({ arguments: sub.args, options, terminal }))
  })
}

function readOptions(command: Command, raw: Record<string, unknown>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(command.options)) {
    if (raw[name] !== undefined) values[name] = option.read(raw[name])
  }
  return values
}

function helpTail(examples: readonly CommandExample[], notes: readonly string[]): string {
  const width = Math.max(...examples.map(({ line }) => line.length))
  const lines = examples.map(({ line, doc }) => `  ${line.padEnd(width)}  ${doc}`)
  return ['', 'Examples:', ...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}

function refuseBarePath(name: string | undefined, terminal: Terminal): void {
  if (name === undefined || Object.hasOwn(commandTable, name) || !existsSync(resolve(terminal.cwd, name))) return
  if (name !== 'help')
    throw errors.wrong_usage({ reason: `${name} is no command; did you mean \`pelton run ${name}\`?` })
}

async function listRuntimes(terminal: Terminal): Promise<number> {
  const { createCatalogue } = await import('./catalogue.ts')
  const runtimes = await createCatalogue().runtimes()
  const names = runtimes.map(({ manifest }) => manifest.kind).toSorted()
  await terminal.result(names.map((name) => `${name}\n`).join(''))
  return exitCodes.done
}

function isVerbose(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) => word === '--log-level=debug' || (word === '--log-level' && argv[index + 1] === 'debug'),
  )
}
