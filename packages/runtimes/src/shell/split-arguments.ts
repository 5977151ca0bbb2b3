/**
 * The words of an argument text, as they stand: no quotes, no variables, no shell. nuclio gives its scripts what lies
 * between single spaces, so that two spaces, and no text at all, are an empty argument: `isExact`.
 */
export function splitArguments(text: string, isExact: boolean): string[] {
  const words = text.split(' ')
  return isExact ? words : words.filter((word) => word !== '')
}
