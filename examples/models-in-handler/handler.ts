import type { Event, ModelsContext } from '@pelton/sdk'

const names = ['black', 'grey', 'white', 'red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple', 'pink']

/** Names the colours of `{"colours": ["#ff8000", …]}`: what comes in is made a tensor, what comes out a name and how sure it is. */
export async function handler({ models }: ModelsContext, event: Event) {
  const colours = coloursOf(event)
  if (!colours) return { status: 400, body: { error: 'expected {"colours": ["#rrggbb", …]}, 1 to 1000' } }
  const { scores } = await models.colours!.run({ rgb: Float32Array.from(colours.flatMap(rgbOf)) })
  return { colours: colours.map((colour, row) => ({ colour, ...bestOf(scores!.toFloat32(), row) })) }
}

function coloursOf(event: Event): string[] | undefined {
  try {
    const { colours } = event.json<{ colours?: unknown }>()
    const isList = Array.isArray(colours) && colours.length > 0 && colours.length <= 1000
    return isList && colours.every((each) => /^#[\da-f]{6}$/i.test(String(each))) ? (colours as string[]) : undefined
  } catch {
    // No JSON is as wrong as other JSON.
    return undefined
  }
}

/** Red, green and blue from 0 to 1, as the model takes them. */
function rgbOf(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
}

function bestOf(scores: Float32Array, row: number): { name: string; score: number } {
  const own = scores.subarray(row * names.length, (row + 1) * names.length)
  const score = Math.max(...own)
  return { name: names[own.indexOf(score)]!, score: Math.round(score * 1000) / 1000 }
}
