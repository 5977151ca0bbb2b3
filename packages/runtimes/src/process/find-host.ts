import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseHandler } from '@pelton/core'
import { findCommand, isProgram } from '@pelton/protocols/process'
import { errors } from '../errors.ts'

/** The program of a function. */
export interface HostProgram {
  /** Absolute. */
  command: string
  args: readonly string[]
}

/** What names the program, and where it is looked for. */
export interface HostPlaces {
  /** `runtimeAttributes.command`. */
  command?: readonly string[] | undefined
  /** `spec.handler`; names the program when there is no command. */
  handler: string
  /** The function's folder. */
  folder: string
  path: string
}

/**
 * Finds the program that hosts a function: the configured command, else the file or command that the handler names, its
 * module part or the whole of it split at spaces. Throws when there is none, naming what was looked for.
 */
export function findHost({ command, handler, folder, path }: HostPlaces): HostProgram {
  const [name = '', ...args] = command ?? wordsOf(handler)
  if (name === '') throw errors.host_not_named({ folder })
  const file = resolve(folder, name)
  const script = command === undefined && isFile(file) ? asScript(file) : undefined
  if (script) return { ...script, args: [...script.args, ...args] }
  const found = findCommand(name, { path, folder })
  if (found === undefined) throw errors.command_missing({ command: name, folders: [folder], path })
  return { command: found, args }
}

function wordsOf(handler: string): string[] {
  const name = parseHandler(handler)
  if (name === undefined) throw errors.handler_name_invalid({ handler })
  return (name.module || name.entry).split(' ').filter((word) => word !== '')
}

/** A file that may be executed runs by itself; another one by what its first line names, as the system would. */
function asScript(file: string): HostProgram | undefined {
  if (isProgram(file)) return { command: file, args: [] }
  const [, interpreter, argument] = /^#![ \t]*(\S+)(?:[ \t]+(.*\S))?/.exec(startOf(file)) ?? []
  if (interpreter === undefined) return undefined
  if (!isProgram(interpreter)) throw errors.interpreter_missing({ file, interpreter })
  return { command: interpreter, args: argument === undefined ? [file] : [argument, file] }
}

function startOf(file: string): string {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(256)
    return bytes.toString('utf8', 0, readSync(fd, bytes))
  } finally {
    closeSync(fd)
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
