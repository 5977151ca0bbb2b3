import type { ExtProcContext, ExtProcEvent } from '@pelton/sdk'

/** Marks requests, and gives responses in text a last line. */
export function handler({ extproc }: ExtProcContext, event: ExtProcEvent) {
  if (event.phase < 4) return extproc.proceed({ setHeaders: { 'x-seen-by': 'pelton' } })
  return event.phase === 5 && event.contentType.startsWith('text/plain') ? `${event.text()}seen by pelton\n` : undefined
}
