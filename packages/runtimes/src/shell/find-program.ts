import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { parseHandler } from '@pelton/core'
import { findCommand, isProgram } from '@pelton/protocols/process'
import { errors } from '../errors.ts'

/** What runs for each event. */
export interface Program {
  /** Absolute. */
  command: string
  /** Come before the event's own arguments. */
  args: readonly string[]
  /** A file of the function, not a command of the system. */
  isScript: boolean
}

/** Where a handler is looked for. */
export interface ProgramPlaces {
  /** Absolute folders that hold scripts, the function's own first. */
  folders: readonly string[]
  /** The PATH that commands are looked for on. */
  path: string
}

const ending = '.sh'
const usualNames = ['handler', 'index', 'main']
const shell = '/bin/sh'

/**
 * Finds what a `handler` setting means: a script by its module part or by the whole of it, else a command on PATH.
 * Throws when there is neither, naming what was looked for.
 */
export function findProgram(handler: string, { folders, path }: ProgramPlaces): Program {
  const name = parseHandler(handler)
  if (name === undefined) throw errors.handler_name_invalid({ handler })
  const word = name.module || name.entry
  const [folder = '/'] = folders
  if (word === '') return usualScript(folder)
  const inFolders = (file: string): string | undefined => folders.map((place) => resolve(place, file)).find(isFile)
  const found = inFolders(word) ?? (name.module === '' ? undefined : inFolders(word + ending))
  if (found !== undefined) return isAbsolute(word) && isProgram(found) ? asCommand(found) : asScript(found)
  const command = findCommand(word, { path, folder })
  if (command !== undefined) return asCommand(command)
  const script = inFolders(word + ending)
  if (script === undefined) throw errors.command_missing({ command: word, folders, path })
  return asScript(script)
}

function usualScript(folder: string): Program {
  const tried = usualNames.map((name) => name + ending)
  const found = tried.map((one) => resolve(folder, one)).find(isFile)
  if (found === undefined) throw errors.handler_file_missing({ folder, tried })
  return asScript(found)
}

function asCommand(command: string): Program {
  return { command, args: [], isScript: false }
}

/** A program runs by itself, a script by what its first line names, as the system would run it, and every other one by `sh`. */
function asScript(file: string): Program {
  const start = startOf(file)
  if (start.includes('\0')) return { command: file, args: [], isScript: true }
  const [, interpreter, argument] = /^#![ \t]*(\S+)(?:[ \t]+(.*\S))?/.exec(start) ?? []
  if (interpreter === undefined) return { command: shell, args: [file], isScript: true }
  if (!isProgram(interpreter)) throw errors.interpreter_missing({ file, interpreter })
  return { command: interpreter, args: argument === undefined ? [file] : [argument, file], isScript: true }
}

function startOf(file: string): string {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(256)
    return bytes.toString('latin1', 0, readSync(fd, bytes))
  } finally {
    closeSync(fd)
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
