import { pathToFileURL } from 'node:url'

export function handler(_context, event) {
  return `Hello ${event.body.toString()}`
}

// The same by hand, which is what the job is compared with.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(handler({}, { body: Buffer.from('Ada') }))
}
