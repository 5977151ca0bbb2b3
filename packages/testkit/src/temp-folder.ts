import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/** What of a test's context is needed here: node:test gives it. */
export interface Cleanup {
  after(action: () => Promise<void> | void): void
}

/** An empty folder, absolute, removed with all its files when the test ends. `files` are written into it first. */
export async function createTempFolder(
  test: Cleanup,
  files: Record<string, string | Uint8Array> = {},
): Promise<string> {
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'pelton-')))
  test.after(() => fs.rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  await writeFiles(folder, files)
  return folder
}

/** Writes files by their path below `folder`, with the folders that they need. */
export async function writeFiles(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    await fs.mkdir(path.dirname(file), { recursive: true })
    await fs.writeFile(file, content)
  }
}
