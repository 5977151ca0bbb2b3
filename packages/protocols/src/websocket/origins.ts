/**
 * Whether a browser's page may connect (RFC 6455 §10.2). Rules are `*`, `https://app.example` or
 * `https://*.example.com`, which means every subdomain but not the domain itself.
 */
export function isOriginAllowed(origin: string, rules: readonly string[]): boolean {
  const given = normalise(origin)
  return rules.some((rule) => rule === '*' || matches(given, normalise(rule)))
}

function matches(origin: string, rule: string): boolean {
  const star = rule.indexOf('://*.')
  if (star < 0) return origin === rule
  const scheme = rule.slice(0, star + 3)
  const domain = rule.slice(star + 4)
  if (!origin.startsWith(scheme) || !origin.endsWith(domain)) return false
  return /^[\w-][\w.-]*$/.test(origin.slice(scheme.length, -domain.length))
}

/** Scheme and host have no letter case, and browsers leave out the scheme's own port. */
function normalise(origin: string): string {
  return origin
    .trim()
    .toLowerCase()
    .replace(/^(https:\/\/.*):443$/, '$1')
    .replace(/^(http:\/\/.*):80$/, '$1')
}
