// npm run docs: writes docs/reference, the tables in the kinds' READMEs, and the descriptor sets of protocols. With --check it only says what is out of date.
import fs from 'node:fs'
import path from 'node:path'
import { renderDescriptorSets } from './docs/descriptor-sets.ts'
import { readErrorTables, renderErrorReference } from './docs/error-reference.ts'
import { renderFunctionReference, renderFunctionSchema } from './docs/function-reference.ts'
import { readmeMarkers, renderKindReference, renewReadme } from './docs/kind-reference.ts'
import { type Kinds, readKinds } from './docs/kinds.ts'
import { root } from './tools/repository.ts'

const kinds = await readKinds(root)
const files = new Map([
  ['docs/reference/errors.md', renderErrorReference(await readErrorTables(root))],
  ['docs/reference/function-yaml.md', renderFunctionReference()],
  ['docs/reference/function.schema.json', renderFunctionSchema(kinds)],
  ['docs/reference/kinds.md', renderKindReference(kinds, root)],
  ...renderDescriptorSets(root),
])
const faults = addReadmes(kinds)

const outdated = [...files].filter(([name, text]) => read(name) !== text)
if (process.argv.includes('--check'))
  faults.push(...outdated.map(([name]) => `${name} is out of date: run npm run docs`))
else {
  for (const [name, text] of outdated) write(name, text)
  console.log(`${outdated.length} of ${files.size} files written`)
}
for (const fault of faults) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0

/** Adds the kinds' READMEs with their tables renewed, and returns what is wrong with the others. */
function addReadmes({ triggers, sinks, runtimes }: Kinds): string[] {
  return [...addFamily('triggers', triggers), ...addFamily('sinks', sinks), ...addFamily('runtimes', runtimes)]
}

function addFamily(family: keyof Kinds, folders: Kinds[typeof family]): string[] {
  return folders.flatMap(({ manifest, folder }) => {
    const name = path.join(path.relative(root, folder), 'README.md')
    const renewed = renewReadme(read(name), family, manifest)
    if (renewed !== undefined) files.set(name, renewed)
    return renewed === undefined ? [`${name} needs ${readmeMarkers.join(' and ')} once, around its table`] : []
  })
}

function read(name: string): string {
  const file = path.join(root, name)
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
}

function write(name: string, text: string): void {
  const file = path.join(root, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}
