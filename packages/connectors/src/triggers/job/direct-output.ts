import { tmpdir } from 'node:os'
import type { JobOutput } from './job-output.ts'
import { KeptBody } from './kept-body.ts'
import type { OutputTarget } from './output-target.ts'

/** Permissions in a folder that all users of the machine share. */
const ownerOnly = 0o600

/**
 * Hands a final body on as it comes. One that a later attempt may replace is kept in a temporary file, because nothing
 * can be taken back from a pipe.
 */
export function openDirectOutput(target: OutputTarget): JobOutput {
  const kept = new KeptBody(tmpdir(), target.name, ownerOnly)
  return {
    async take(body, isFinal) {
      if (!isFinal) return kept.keep(body)
      for await (const chunk of body) {
        await kept.discard()
        await target.write(chunk)
      }
      await kept.discard()
    },
    async close() {
      try {
        if (kept.whole) for await (const chunk of kept.whole.read()) await target.write(chunk)
      } finally {
        await kept.close()
        await target.close()
      }
    },
  }
}
