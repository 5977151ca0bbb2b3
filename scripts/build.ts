// npm run build [FOLDER]: emits every published package to its dist/, those that others depend on first.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { type Workspace, findFiles, readWorkspaces, root, toolPath } from './tools/repository.ts'

const repository = path.resolve(process.argv[2] ?? root)

for (const workspace of readWorkspaces(repository).filter(({ isPrivate }) => !isPrivate)) {
  const started = performance.now()
  build(workspace)
  console.log(`✔ ${workspace.name.padEnd(18)} ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

function build({ folder, name }: Workspace): void {
  fs.rmSync(path.join(folder, 'dist'), { recursive: true, force: true })
  const { status, stdout } = spawnSync(
    process.execPath,
    [toolPath('typescript', 'tsc'), '-p', path.join(folder, 'tsconfig.build.json')],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`${name} does not compile:\n${stdout}`)
  copyAssets(folder)
  // npm packs it with each package; the one in the repository's root is the original.
  fs.copyFileSync(path.join(repository, 'LICENSE'), path.join(folder, 'LICENSE'))
}

/** What a kind brings beside its TypeScript: the wrapper of another language, a schema, a template. */
function copyAssets(folder: string): void {
  const source = path.join(folder, 'src')
  for (const file of findFiles(source, (name) => !/\.(ts|md)$/.test(name))) {
    // Examples and fixtures stay in the repository, as the compiler's configuration says for their TypeScript.
    const folders = path.dirname(path.relative(source, file)).split(path.sep)
    if (folders.includes('example') || folders.includes('fixtures')) continue
    const target = path.join(folder, 'dist', path.relative(source, file))
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.copyFileSync(file, target)
  }
}
