import path from 'node:path'
import { findOrInstall, findProgram, installPackages } from './debian-packages.ts'
import { root } from './repository.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** A browser to start; or the reason for node:test's `skip` why there is none here. */
export type Chromium = { command: string; skip: false } | { command: undefined; skip: string }

/** What looks for a browser and installs one; given by tests only. */
export interface ChromiumOptions {
  /** Absolute paths of folders with programs; default those of PATH. */
  folders?: readonly string[]
  /** Installs one; rejects with the reason why it cannot. */
  install?: () => Promise<void>
  /** Where the reason of a failure is kept; default under node_modules/.cache. */
  noteFile?: string
}

/** Finds Chromium; where it is missing, root installs the Debian package, in at most four minutes. Never rejects. */
export async function chromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const { folders, install = () => installPackages(['chromium']) } = options
  const noteFile = options.noteFile ?? path.join(root, 'node_modules/.cache/chromium.failed')
  const result = await findOrInstall({ find: () => findProgram(names, folders), install, noteFile })
  if (typeof result === 'string') return { command: undefined, skip: `needs chromium (${result})` }
  return { command: result.found, skip: false }
}
