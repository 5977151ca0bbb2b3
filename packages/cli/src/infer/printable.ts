const longest = 2000

/** A peer's text for a terminal: control characters but line breaks are shown as escapes, and it is cut when it is long. */
export function printable(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return cut.replace(/(?!\n)[\p{Cc}\p{Bidi_Control}]/gu, escape)
}

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}
