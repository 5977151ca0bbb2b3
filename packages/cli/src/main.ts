import { runCommandLine } from './command-line.ts'
import { createProcessTerminal } from './process-terminal.ts'

/** Runs the command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<never> {
  const terminal = createProcessTerminal()
  const exitCode = await runCommandLine(argv, terminal)
  terminal.flush()
  process.exit(exitCode)
}
