const parameter = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/i

/**
 * The boundary that a content type names (RFC 2046 §5.1.1), in any letter case, quoted or not, among other parameters;
 * undefined when it names none.
 */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = parameter.exec(contentType) ?? []
  const boundary = quoted === undefined ? plain?.trim() : quoted.replaceAll(/\\(.)/g, '$1').trimEnd()
  return boundary === '' ? undefined : boundary
}
