// node scripts/complete-lockfile.ts: run it after `npm install` against a registry that lacks other platforms' packages.
import fs from 'node:fs'
import path from 'node:path'
import { type Lockfile, completeLockfile } from './tools/complete-lockfile.ts'
import { root } from './tools/repository.ts'

const file = path.join(root, 'package-lock.json')
const { lock, added } = completeLockfile(JSON.parse(fs.readFileSync(file, 'utf8')) as Lockfile)
fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added.length} packages added to package-lock.json`)
