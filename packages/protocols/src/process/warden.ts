import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/** Keeps the process groups of this process, to end them when it is gone, whatever ended it. */
export interface Warden {
  /** Starts its process unless it runs: before the group, so that no moment is left in which nobody would end that. */
  start(): void
  /** The group is to be killed when this process ends. */
  add(group: number): void
  /** The group has ended. */
  remove(group: number): void
}

/**
 * The warden's whole life: it notes groups until its input ends, which the system sees to even when this process is
 * killed, and then kills those that are left.
 */
const script = `
trap '' HUP INT TERM
groups=' '
while read -r what group; do
  case $what in
    add) groups="$groups$group " ;;
    end) case $groups in *" $group "*) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;; esac ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done`

/** Makes a warden; its process starts with the first group at the latest. */
export function createWarden(): Warden {
  const groups = new Set<number>()
  let shell: ChildProcess | undefined

  const tell = (line: string): void => void shell?.stdin?.write(line)
  const start = (): void => {
    if (shell) return
    shell = spawn('/bin/sh', ['-c', script, 'pelton-warden'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    // It waits for this process, never the other way round.
    shell.unref()
    unref(shell.stdin)
    const gone = (): void => void (shell = undefined)
    // Ended by somebody: the next group starts another one, which is told of all. Without a shell there is none.
    shell.on('exit', gone)
    shell.on('error', gone)
    shell.stdin?.on('error', () => undefined)
    for (const group of groups) tell(`add ${group}\n`)
  }
  return {
    start,
    add(group) {
      groups.add(group)
      if (shell) tell(`add ${group}\n`)
      else start()
    },
    remove(group) {
      if (groups.delete(group)) tell(`end ${group}\n`)
    },
  }
}

function unref(stream: Writable | null): void {
  // A pipe to a child is a socket, which the types do not tell.
  ;(stream as { unref?: () => void } | null)?.unref?.()
}
