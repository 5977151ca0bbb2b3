import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { errors } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { type Template, functionName, nodeTestLine } from '../templates/template.ts'
import { templates } from '../templates/template-table.ts'
import type { Terminal } from '../terminal.ts'
import { readVersion } from '../version.ts'
import { defineCommand } from './command.ts'
import { functionSchemaText } from './function-schema.ts'

/** Whether the command runs from its sources. */
const isCheckout = import.meta.url.endsWith('.ts')

const schemaFile = join('.pelton', 'function.schema.json')

/** `pelton init`: writes a first function with its test. */
export const initCommand = defineCommand({
  name: 'init',
  summary: 'Write a first function with its test; never overwrites',
  arguments: [
    { name: 'template', doc: `one of ${templates.map(({ name }) => name).join(', ')} (default: ${templates[0].name})` },
    { name: 'folder', doc: 'where to write it (default: the current folder)' },
  ],
  options: {},
  examples: [
    { line: 'pelton init', doc: 'TypeScript, into the current folder' },
    { line: 'pelton init javascript greeter', doc: 'JavaScript, into ./greeter' },
    { line: 'pelton init python greeter', doc: 'Python' },
    { line: 'pelton init nuclio reverser', doc: "nuclio's style" },
  ],
  notes: templates.map(({ name, summary }) => `${name}: ${summary}`),
  async run({ arguments: [name = templates[0].name, folder = '.'], terminal }) {
    const template = templates.find((one) => one.name === name)
    if (!template) throw errors.template_unknown({ name, known: templates.map((one) => one.name) })
    const target = resolve(terminal.cwd, folder)
    await writeNewFiles(target, await filesOf(template, target))
    terminal.say(nextSteps(template, target, terminal))
    return exitCodes.done
  },
})

async function filesOf(template: Template, target: string): Promise<Record<string, string>> {
  const files = template.files({ name: functionName(basename(target)), version: readVersion() })
  return { ...files, [schemaFile]: await functionSchemaText() }
}

async function writeNewFiles(target: string, files: Record<string, string>): Promise<void> {
  const taken = Object.keys(files).filter((file) => existsSync(join(target, file)))
  if (taken.length > 0) throw errors.files_in_the_way({ folder: target, files: taken })
  for (const [file, text] of Object.entries(files)) await writeNewFile(join(target, file), text)
}

async function writeNewFile(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    // `wx` fails rather than overwrites, should the file have appeared meanwhile.
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    throw errors.folder_unwritable({ file, reason: writeReason(error) }, error)
  }
}

function writeReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file is where a folder belongs'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'that is not allowed here'
  return message
}

function nextSteps(template: Template, target: string, { paint, cwd }: Terminal): string {
  const place = relative(cwd, target)
  const path = place === '' ? '' : ` ${shellWord(place)}`
  const pelton = isCheckout ? 'npx pelton' : 'pelton'
  return [
    `${paint('green', 'written')} a ${template.name} function into ${place === '' ? 'this folder' : place}`,
    '',
    `  ${pelton} run${path} --watch`,
    '  curl http://127.0.0.1:8080 -d Ada',
    `  ${pelton} invoke${path} --body Ada`,
    `  ${testLine(template, place)}`,
    '',
  ].join('\n')
}

function testLine(template: Template, place: string): string {
  // The sdk of a checkout is no package to install; npx finds its sources.
  if (isCheckout && template.testLine === nodeTestLine) return `npx node --test ${shellWord(place || '.')}/*.test.*`
  return `${place === '' ? '' : `cd ${shellWord(place)} && `}${template.testLine}`
}

/** One word of a shell, in quotes where it needs them. */
function shellWord(text: string): string {
  return /^[\w./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
