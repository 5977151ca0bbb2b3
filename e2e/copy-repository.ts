import fs from 'node:fs/promises'
import path from 'node:path'
import { type Cleanup, createTempFolder } from '@pelton/testkit'

/** Absolute folder of this repository. */
export const repository = path.resolve(import.meta.dirname, '..')

const left = new Set(['node_modules', 'dist', '.git', 'bench'])

/** A copy of the repository that a test may change: the sources, and links to what is installed. Removed after the test. */
export async function copyRepository(test: Cleanup): Promise<string> {
  const copy = await createTempFolder(test)
  await fs.cp(repository, copy, { recursive: true, filter: (source) => !left.has(path.basename(source)) })
  await linkInstalled(copy)
  return copy
}

/** Links every installed package, and our own to the copy: a link to node_modules as a whole would lead back to the original. */
async function linkInstalled(copy: string): Promise<void> {
  const installed = path.join(repository, 'node_modules')
  const target = path.join(copy, 'node_modules')
  await fs.mkdir(path.join(target, '@pelton'), { recursive: true })
  for (const name of await fs.readdir(installed))
    if (name !== '@pelton' && name !== 'pelton') await fs.symlink(path.join(installed, name), path.join(target, name))
  for (const name of await fs.readdir(path.join(copy, 'packages'))) {
    const link = name === 'cli' ? 'pelton' : `@pelton/${name}`
    await fs.symlink(path.join(copy, 'packages', name), path.join(target, link))
  }
}
