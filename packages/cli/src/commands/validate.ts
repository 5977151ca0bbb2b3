import { relative } from 'node:path'
import { defineCommand } from './command.ts'
import { functionOptions, functionRequest, pathArgument } from './function-options.ts'
import { flag } from './options.ts'
import { exitCodes } from '../exit-codes.ts'

const { config, platformConfig, set, envFile } = functionOptions

/** `pelton validate`: everything that is wrong or doubtful in a function file. */
export const validateCommand = defineCommand({
  name: 'validate',
  summary: 'Check a function file and name all its faults, each with file, line and key',
  arguments: [pathArgument],
  options: { config, platformConfig, set, envFile, json: flag('--json', 'print { ok, faults } as JSON') },
  examples: [
    { line: 'pelton validate', doc: 'the function of the current folder' },
    { line: 'pelton validate hello/function.yaml', doc: 'one file' },
    { line: 'pelton validate hello --json', doc: 'for editors and scripts' },
  ],
  notes: [
    'Exits with 1 on any fault, unknown keys of nuclio files included, which `run` only warns of.',
    'It runs nothing of the function: syntax, imports and exports of its code are told by `pelton invoke` or `run`,',
    'and so are taken ports.',
  ],
  async run({ arguments: [path], options, terminal }) {
    const [{ createCatalogue }, { completeFunction, readFunction }, { checkFunction, formatFaults }] =
      await Promise.all([
        import('../catalogue.ts'),
        import('../function/load-function.ts'),
        import('@pelton/processor'),
      ])
    const request = functionRequest(path, options, terminal)
    const catalogue = createCatalogue()
    const found = await readFunction(request, catalogue)
    const loaded = await completeFunction(found, request, catalogue)
    const faults = [...found.faults, ...(loaded ? await checkFunction(loaded.config, found) : [])]
    const read = found.config
    const isGood = read !== undefined && faults.length === 0
    if (options.json) await terminal.result(`${JSON.stringify({ ok: isGood, faults }, null, 2)}\n`)
    else if (!isGood)
      await terminal.result(
        formatFaults(faults, terminal.cwd)
          .map((line) => `${line}\n`)
          .join(''),
      )
    else {
      const triggers = read.triggers.map(({ settings }) => `${settings.name} (${settings.kind})`).join(', ')
      const file = relative(terminal.cwd, read.file ?? read.folder) || '.'
      const facts = `function ${read.name}, runtime ${read.runtime}, triggers ${triggers || 'none'}`
      await terminal.result(`${terminal.paintResult('green', 'ok')} ${file}: ${facts}\n`)
    }
    return isGood ? exitCodes.done : exitCodes.failed
  },
})
