import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** What a program printed. */
export interface ProgramEnd {
  code: number
  output: string
}

/** Runs a Node.js program to its end, without this process's NODE_OPTIONS; never rejects for its exit code. */
export function runNode(args: string[], cwd: string, env: Record<string, string> = {}): Promise<ProgramEnd> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  return new Promise((resolve) => {
    const options = { cwd, env: { ...inherited, ...env }, timeout: 120_000, maxBuffer: 16 * 1024 * 1024 }
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0
      resolve({ code, output: stdout + stderr })
    })
  })
}

/** npm's own program, so that it runs with this Node.js. Throws when there is none. */
export function npmProgram(): string {
  const named = process.env['npm_execpath']
  if (named?.endsWith('npm-cli.js')) return named
  const beside = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'npm'))
  const found = beside.find((file) => fs.existsSync(file))
  if (!found) throw new Error('npm is not on the PATH')
  return fs.realpathSync(found)
}
