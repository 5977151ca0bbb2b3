import { styleText } from 'node:util'

/** A style of the screen. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Wraps text in a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** Colours, or none when `enabled` is false. */
export function createPaint(enabled: boolean): Paint {
  return enabled ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text
}

/** Whether a stream gets colours: only terminals do, `NO_COLOR` switches them off (no-color.org), `FORCE_COLOR` on. */
export function wantsColour(isTerminal: boolean, env: Record<string, string | undefined>): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return isTerminal && env.TERM !== 'dumb'
}
