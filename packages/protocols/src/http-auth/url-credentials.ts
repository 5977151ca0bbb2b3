import type { Credentials } from './http-auth.ts'

/** The credentials of a URL, percent-decoded; undefined where it has none. */
export function urlCredentials({ username, password }: Pick<URL, 'username' | 'password'>): Credentials | undefined {
  if (username === '' && password === '') return undefined
  return { username: decoded(username), password: decoded(password) }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A lone percent sign stands for itself.
    return part
  }
}
