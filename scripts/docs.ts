// npm run docs: writes docs/reference and the tables in the kinds' READMEs. With --check it only says what is out of date.
import fs from 'node:fs'
import path from 'node:path'
import { readErrorTables, renderErrorReference } from './docs/error-reference.ts'
import { renderKindReference, renewReadme } from './docs/kind-reference.ts'
import { type Kinds, readKinds } from './docs/kinds.ts'
import { root } from './tools/repository.ts'

const kinds = await readKinds(root)
const files = new Map([
  ['docs/reference/errors.md', renderErrorReference(await readErrorTables(root))],
  ['docs/reference/kinds.md', renderKindReference(kinds, root)],
  ...readmes(kinds),
])

const outdated = [...files].filter(([name, text]) => read(name) !== text)
if (process.argv.includes('--check')) {
  for (const [name] of outdated) console.log(`${name} is out of date: run npm run docs`)
  process.exitCode = outdated.length > 0 ? 1 : 0
} else {
  for (const [name, text] of outdated) write(name, text)
  console.log(`${outdated.length} of ${files.size} files written`)
}

function readmes({ triggers, runtimes }: Kinds): [string, string][] {
  return [...triggers, ...runtimes].map(({ manifest, folder }) => {
    const name = path.join(path.relative(root, folder), 'README.md')
    const renewed = renewReadme(read(name), manifest)
    if (renewed === undefined)
      throw new Error(
        `${name} needs the lines <!-- generated:attributes --> and <!-- /generated --> once, for its table`,
      )
    return [name, renewed]
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
