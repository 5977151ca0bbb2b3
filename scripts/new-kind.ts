// npm run new trigger|sink|runtime NAME: writes a kind's folder, with tests that are red until it is implemented.
import fs from 'node:fs'
import path from 'node:path'
import { fillTemplate, kindNameFault } from './tools/fill-template.ts'
import { findFiles, root } from './tools/repository.ts'

/** Where the kinds of a family live. */
const families: Record<string, string> = {
  trigger: 'packages/connectors/src/triggers',
  sink: 'packages/connectors/src/sinks',
  runtime: 'packages/runtimes/src',
}

const [familyName = '', kind = ''] = process.argv.slice(2)
const fault = findFault()
if (fault === undefined) writeKind()
else {
  console.error(fault)
  process.exitCode = 1
}

function findFault(): string | undefined {
  const parent = families[familyName]
  if (!parent) return 'usage: npm run new trigger|sink|runtime NAME'
  if (fs.existsSync(path.join(root, parent, kind)) && kind !== '') return `${parent}/${kind} exists already`
  return kindNameFault(kind)
}

function writeKind(): void {
  const parent = families[familyName] as string
  const folder = path.join(root, parent, kind)
  const templates = path.join(root, 'scripts/templates', familyName)
  for (const template of findFiles(templates, (file) => file.endsWith('.template'))) {
    const name = fillTemplate(path.relative(templates, template).replace(/\.template$/, ''), kind)
    const target = path.join(folder, name.replace('kind-', `${kind}-`))
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.writeFileSync(target, fillTemplate(fs.readFileSync(template, 'utf8'), kind))
    console.log(path.relative(root, target))
  }
  console.log(`\nNext: npm test -- ${parent}/${kind}   (red until it is implemented), npm run docs, npm run check`)
}
