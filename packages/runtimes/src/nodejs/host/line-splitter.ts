/** Cuts what is written into lines. */
export interface LineSplitter<Owner> {
  /** Takes a piece of text; `owner` is who wrote it. */
  write(text: string, owner: Owner): void
}

/** A line without an end is passed on in pieces of so many characters. */
const maxLine = 16_384

/**
 * Passes each line on with who wrote it. A line without an end is passed on when somebody else writes, or in the next
 * turn of the loop, so that nothing is held back.
 */
export function createLineSplitter<Owner>(pass: (line: string, owner: Owner) => void): LineSplitter<Owner> {
  let rest = ''
  let restOwner: Owner
  let flushing = false

  const flush = (): void => {
    flushing = false
    if (rest !== '') pass(rest, restOwner)
    rest = ''
  }
  return {
    write(text, owner) {
      if (rest !== '' && owner !== restOwner) flush()
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      restOwner = owner
      for (const line of lines) pass(line.endsWith('\r') ? line.slice(0, -1) : line, owner)
      while (rest.length > maxLine) {
        pass(rest.slice(0, maxLine), owner)
        rest = rest.slice(maxLine)
      }
      if (rest !== '' && !flushing) {
        flushing = true
        setImmediate(flush)
      }
    },
  }
}
