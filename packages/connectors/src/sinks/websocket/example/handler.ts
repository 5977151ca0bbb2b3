import type { Context, Event } from '@pelton/sdk'

/** Whoever asked gets this answer; the server that the sink is connected to gets it, too. */
export function handler(_context: Context, event: Event) {
  const { celsius } = event.json<{ celsius: number }>()
  return { celsius, fahrenheit: (celsius * 9) / 5 + 32 }
}
