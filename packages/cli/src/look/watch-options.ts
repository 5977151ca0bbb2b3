import type { Terminal } from '../terminal.ts'

/** What `pelton watch` was asked for. */
export interface WatchOptions {
  address: string | undefined
  terminal: Terminal
  transport?: 'auto' | 'tcp' | 'udp'
  media?: 'video' | 'audio'
  username?: string
  password?: string
  insecure?: boolean
  /** In milliseconds. */
  for?: number
  timeout?: number
  save?: string
  json?: boolean
}
