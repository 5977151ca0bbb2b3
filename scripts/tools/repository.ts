import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** Absolute folder of the repository. */
export const root = path.resolve(import.meta.dirname, '../..')

/** Absolute path of an installed tool's program, by its package; throws when it is not installed. */
export function toolPath(packageName: string, bin = packageName): string {
  const manifestPath = createRequire(import.meta.url)
    .resolve.paths(packageName)
    ?.map((folder) => path.join(folder, packageName, 'package.json'))
  const found = manifestPath?.find((file) => fs.existsSync(file))
  if (!found) throw new Error(`${packageName} is not installed: run npm ci`)
  const { bin: bins } = JSON.parse(fs.readFileSync(found, 'utf8')) as { bin: string | Record<string, string> }
  const program = typeof bins === 'string' ? bins : bins[bin]
  if (!program) throw new Error(`${packageName} has no program ${bin}`)
  return path.join(path.dirname(found), program)
}

/** A workspace as its package.json describes it. */
export interface Workspace {
  /** Absolute. */
  folder: string
  name: string
  isPrivate: boolean
  dependencies: string[]
}

/** All workspaces, those that others depend on first. */
export function readWorkspaces(repository = root): Workspace[] {
  const parent = path.join(repository, 'packages')
  const found = fs
    .readdirSync(parent)
    .toSorted()
    .filter((name) => fs.existsSync(path.join(parent, name, 'package.json')))
    .map((name) => readWorkspace(path.join(parent, name)))
  return inDependencyOrder(found)
}

function readWorkspace(folder: string): Workspace {
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    name: string
    private?: boolean
    dependencies?: Record<string, string>
  }
  return {
    folder,
    name: manifest.name,
    isPrivate: manifest.private === true,
    dependencies: Object.keys(manifest.dependencies ?? {}),
  }
}

function inDependencyOrder(workspaces: Workspace[]): Workspace[] {
  const ordered = new Set<Workspace>()
  const visit = (workspace: Workspace, above: Workspace[]): void => {
    if (above.includes(workspace)) throw new Error(`packages depend on each other: ${above.map((w) => w.name).join()}`)
    for (const other of workspaces)
      if (workspace.dependencies.includes(other.name) && !ordered.has(other)) visit(other, [...above, workspace])
    ordered.add(workspace)
  }
  for (const workspace of workspaces) visit(workspace, [])
  return [...ordered]
}

/** Absolute paths of the files below `folder` that `keep` accepts, sorted; never those of `node_modules` and `dist`. */
export function findFiles(folder: string, keep: (file: string) => boolean): string[] {
  if (!fs.existsSync(folder)) return []
  const entries = fs.readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : findFiles(file, keep)
    return keep(file) ? [file] : []
  })
}

const skippedFolders = new Set(['node_modules', 'dist', '.git', 'fixtures', '__pycache__'])
